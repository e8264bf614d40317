// The rules that a workload lives under, as the API server tells them.
//
// ClusterObjects is filled by watches; Surroundings is a value made of it, for who decides by it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "collector/kube_api/object_cache.h"
#include "collector/kube_objects/cluster_names.h"
#include "collector/kube_objects/cluster_objects.h"

namespace loadline::collector {

// Of a namespace: all its limit ranges and quotas together.
struct NamespaceRules {
  LimitRange limits;
  Quota quota;
  std::vector<DisruptionBudget> budgets;
};

// Where a workload's pods are, and may be.
struct Siting {
  std::set<std::string> runs_on;  // nodes
  std::optional<PodSite> site{};  // nothing: its pods are not known
  bool is_daemon_set = false;
  std::shared_ptr<const NodeAmounts> daemon_sets{};  // what DaemonSets ask for on each node; null: not known
};

struct Surroundings {
  std::map<std::string, std::vector<WorkloadRules::Horizontal>, std::less<>> horizontal;  // by workload id
  std::map<std::string, NamespaceRules, std::less<>> namespaces;
  std::map<std::string, ClusterNode, std::less<>> nodes;  // their marks with events
  NodeRooms largest_allocatable;                          // of all nodes; empty: none is known

  // What they say about one workload, for its sizing, wherever its pods may be placed.
  [[nodiscard]] WorkloadRules RulesFor(const std::string& workload_id, std::string_view namespace_name) const;
  // What the largest nodes can give to such a pod: what is allocatable less what DaemonSets ask for there. Of the nodes that the pod may be placed on and that are of the pools in which it runs; where that is
  // none (it runs nowhere, there are no pools, its template has moved) of all that it may be placed on, else of all.
  [[nodiscard]] NodeRooms LargestFor(const Siting& siting) const;
  // The node pools of these nodes, in the words of `nodes`; empty where one of them is of none, or not known.
  [[nodiscard]] std::set<std::string_view> PoolsOf(const std::set<std::string>& names) const;
  // Empty rules where there are none.
  [[nodiscard]] const NamespaceRules& RulesOf(std::string_view namespace_name) const;
};

class ClusterObjects {
 public:
  ObjectCache<HorizontalAutoscaler> horizontal{ParseHorizontalAutoscaler};
  ObjectCache<LimitRange> limit_ranges{ParseLimitRange};
  ObjectCache<Quota> quotas{ParseQuota};
  ObjectCache<DisruptionBudget> budgets{ParseDisruptionBudget};
  ObjectCache<ClusterNode> nodes{ParseNode};
  ObjectCache<NodeWork> node_works{ParseNodeWork};

  // The present state; the same object as before when nothing has changed. From any thread; never null.
  [[nodiscard]] std::shared_ptr<const Surroundings> Get() const;

 private:
  [[nodiscard]] std::uint64_t generation() const;

  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Surroundings> made_;
  mutable std::uint64_t made_of_ = 0;
};

}  // namespace loadline::collector
