// The Leases of nodes in doubt, asked for at the API server: whether their kubelets still reach it.
//
//   NodeLeases leases(access, clock);
//   leases.Doubt({"node-1"});    // asked each second, from now until it is not among those any more
//   leases.Of("node-1")
//
// Nothing is followed: a watch of all Leases would be a change each 10 s for each node. One question at a time, at most 20 a
// second, the one that waits longest first. A thread of its own does the asking. All members are thread-safe.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>

#include "collector/kube_api/access.h"
#include "collector/kube_api/kube_client.h"
#include "collector/verdict/node_lease.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

class NodeLeases {
 public:
  // `clock` must outlive it.
  NodeLeases(KubeAccess access, const Clock& clock);
  ~NodeLeases();
  NodeLeases(const NodeLeases&) = delete;
  NodeLeases& operator=(const NodeLeases&) = delete;

  // These in place of those before.
  void Doubt(const std::set<std::string, std::less<>>& nodes);
  // Nothing: the node is not in doubt, or the permission to ask is missing.
  [[nodiscard]] std::optional<LeaseWitness> Of(std::string_view node) const;

 private:
  void Run(const std::stop_token& stop);
  // The node whose question has waited longest; empty, after a while, when none is due.
  std::string NextDue(const std::stop_token& stop);
  void Ask(KubeClient& api, const std::string& node);
  void NoteDenied(bool denied, const std::string& words);

  const KubeAccess access_;
  const Clock& clock_;

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, NodeLease, std::less<>> doubted_;
  bool denied_ = false;
  Mono asks_again_{};  // when the permission was missing

  std::jthread asking_;  // last: it uses everything above
};

}  // namespace loadline::collector
