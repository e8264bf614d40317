// The pods of one node, taken off it: by the eviction API, or, of a node whose machine does not run, out of the API
// server's books.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "collector/kube_api/kube_client.h"
#include "collector/kube_repair/node_pod.h"
#include "collector/repair/executor.h"

namespace loadline::collector {

// The pods of a node, as they stand at the API server.
Result<std::vector<NodePod>> PodsOf(KubeClient& api, const std::string& node, const DrainPermits& permits);

// Evicts a node's pods until none is left that has to go. Disruption budgets are honoured for as long as it lasts: it
// fails at its deadline rather than break one.
class Drain {
 public:
  Drain(std::string node, DrainPermits permits, Mono deadline)
      : node_(std::move(node)), permits_(permits), deadline_(deadline) {}

  // One look, and an eviction asked for of each pod that is still to go. To be called every second or two until it is
  // not under way any more. Fails when the API server does not answer: then it may be called again.
  Result<OrderNews> Look(KubeClient& api, Mono now);

 private:
  void Evict(KubeClient& api, const NodePod& pod);
  [[nodiscard]] OrderNews Late(const std::vector<NodePod>& left) const;

  const std::string node_;
  const DrainPermits permits_;
  const Mono deadline_;
  std::map<std::string, std::string> refusals_;  // by uid: why the last try was in vain
  std::set<std::string> asked_;                  // uids of pods that are going by our asking
};

// Of a node whose machine does not run: its pods are deleted without waiting for a kubelet, so that others take their
// place. Whoever calls it knows that they do not run; two of a StatefulSet could else write to one volume. Pods without a
// controller stay when they may not be taken. What was done, in words.
Result<OrderNews> ForgetPods(KubeClient& api, const std::string& node, const DrainPermits& permits);

}  // namespace loadline::collector
