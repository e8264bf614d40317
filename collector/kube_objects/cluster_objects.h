// What is kept of the objects that surround a workload: horizontal autoscalers, limit ranges, quotas, budgets
// of disruption, and nodes.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "collector/kube_objects/placement.h"
#include "collector/recommend/rules.h"
#include "collector/repair/maintenance.h"
#include "collector/snapshot/snapshot.h"

namespace loadline::collector {

// The requests or limits of a document: {"cpu": "250m", "memory": "1Gi"}. What is not there is 0.
Amounts ParseAmounts(const nlohmann::json& quantities);

struct HorizontalAutoscaler {
  std::string workload_id;  // WorkloadView::id of what it scales
  // Those in shares of the request; absolute and external ones are left out.
  std::vector<WorkloadRules::Horizontal> targets;
  bool operator==(const HorizontalAutoscaler&) const = default;
};

// Bounds of a LimitRange.
struct LimitRange {
  std::string namespace_name;
  AmountBounds container;
  AmountBounds pod;
  bool operator==(const LimitRange&) const = default;
};

// What a ResourceQuota leaves of requests, and of memory limits; absent: it does not bound that. Quotas for only some pods
// (with scopes) are not kept.
struct Quota {
  std::string namespace_name;
  std::optional<MilliCores> cpu_left;
  std::optional<Bytes> memory_left;
  std::optional<Bytes> memory_limits_left;
  bool operator==(const Quota&) const = default;
};

// matchLabels and matchExpressions. An empty one matches every pod.
struct LabelSelector {
  struct Requirement {
    std::string key;
    enum class Operator : std::uint8_t { kIn, kNotIn, kExists, kDoesNotExist } op = Operator::kIn;
    std::vector<std::string> values;
    bool operator==(const Requirement&) const = default;
  };
  std::vector<Requirement> requirements;
  [[nodiscard]] bool Matches(const std::map<std::string, std::string>& labels) const;
  bool operator==(const LabelSelector&) const = default;
};
// Nothing when there is none: it selects nothing.
std::optional<LabelSelector> ParseSelector(const nlohmann::json& selector);

struct DisruptionBudget {
  std::string namespace_name;
  LabelSelector selector;
  std::int64_t allowed = 0;  // how many pods may go now
  bool operator==(const DisruptionBudget&) const = default;
};

struct ClusterNode {
  NodePlace place;
  Amounts allocatable;
  Amounts capacity;
  bool leaving = false;
  std::string address;  // of its own network, in numbers; empty: none is told
  std::uint16_t kubelet_port = 0;
  NodeMarks marks;  // without events and leases, which are objects of their own
  NodeTraits traits;
  bool operator==(const ClusterNode&) const = default;
};

// An Event about a node that says that somebody is, or will be, at work on it.
struct NodeWork {
  std::string node;
  NodeEvent event;
  bool operator==(const NodeWork&) const = default;
};
// Where they are watched.
inline constexpr const char* kNodeEventsSelector = "involvedObject.kind=Node";

std::optional<NodeWork> ParseNodeWork(const nlohmann::json& event);
std::optional<HorizontalAutoscaler> ParseHorizontalAutoscaler(const nlohmann::json& object);
std::optional<LimitRange> ParseLimitRange(const nlohmann::json& object);
std::optional<Quota> ParseQuota(const nlohmann::json& object);
std::optional<DisruptionBudget> ParseDisruptionBudget(const nlohmann::json& object);
// Whether a node is about to be removed: it is being deleted, or whoever scales the cluster says so by a
// taint.
bool IsLeaving(const nlohmann::json& node);
std::optional<ClusterNode> ParseNode(const nlohmann::json& object);

}  // namespace loadline::collector
