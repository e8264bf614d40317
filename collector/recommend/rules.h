// What the namespace and the cluster say about a workload, as plain values: whoever knows them fills them in,
// and the sizing keeps to them.
//
//   WorkloadRules rules = ...;                       // of the API server
//   EnterRules(rules, "server", replicas, context);  // before sizing each container
//   ApplyPodBounds(rules.pod_bounds, parts);         // after sizing all containers of the pod
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/advice/recommendation.h"
#include "collector/recommend/context.h"
#include "collector/recommend/node_rooms.h"

namespace loadline::collector {

// Of each resource; 0 is none.
struct AmountBounds {
  Amounts least{};
  Amounts most{};
  bool operator==(const AmountBounds&) const = default;
};

struct WorkloadRules {
  // A horizontal autoscaler that holds the use of a resource at a share of its request.
  struct Horizontal {
    Resource resource = Resource::kCpu;
    double target_utilization = 0;  // 0.8 is 80 %
    std::string container;          // empty: of all containers
    bool operator==(const Horizontal&) const = default;
  };
  std::vector<Horizontal> horizontal;
  AmountBounds container_bounds;  // LimitRange of type Container
  AmountBounds pod_bounds;        // LimitRange of type Pod
  // What the quotas of the namespace leave for further requests; absent: no quota on it.
  std::optional<MilliCores> cpu_quota_left;
  std::optional<Bytes> memory_quota_left;
  NodeRooms node_rooms;  // of the nodes that its pods can be on; empty: not known
};

// Puts what the rules say about one container into `context`, whose requests and number of containers are
// known already. What is left of a quota is shared by the replicas and their containers, because all of them
// are moved.
void EnterRules(const WorkloadRules& rules, std::string_view container, int replicas, Context& context);

// One container of a pod, and what it has now.
struct PodPart {
  Recommendation* recommendation = nullptr;  // not null
  const Context* context = nullptr;          // not null
};

// Brings the sum of a pod within the bounds, each container by the same factor, cut to whole units: the
// limits under the highest, the requests over the least.
void ApplyPodBounds(const AmountBounds& bounds, std::span<const PodPart> parts);

// The same for what a pod asks for and a node that has to hold all of it: the one that the least is missing on.
void KeepOnNode(const NodeRooms& rooms, std::span<const PodPart> parts);

}  // namespace loadline::collector
