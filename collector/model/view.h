// The model as people see it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "collector/model/model.h"
#include "collector/snapshot/snapshot.h"

namespace loadline::collector {

// What is held of a node, and why in words: decided elsewhere (collector/verdict).
struct NodeStanding {
  NodeState state = NodeState::kReporting;
  std::string reason{};
  std::optional<Duration> clock_ahead{};  // of the collector's
  std::uint64_t spooled_records = 0;      // that its agent holds, not acknowledged
};
// By name.
std::vector<NodeView> NodeViews(const Model& model,
                                const std::function<NodeStanding(const std::string& node)>& standing_of);

// By id. A workload that has not changed since the last call gives the same object again.
std::vector<std::shared_ptr<const WorkloadView>> WorkloadViews(const Model& model);

// What is advised for a container, in words; null: nothing yet. Made when it is asked for first, and the same
// object until something else is advised.
std::shared_ptr<const RecommendationView> RecommendationOf(const Container& container);

// Whether pods of its workload run, and none of them has it: a new version came without it. One that is between two
// crashes, and one that has done its work before the others begin, has no replica, but a pod.
bool IsRemoved(const Model& model, const Container& container);

// What a replica of a container asks for and may use.
struct ReplicaSize {
  Amounts request;
  Amounts limit;
  RequestSource source = RequestSource::kGuess;
  wire::QosClass qos = wire::QosClass::kNone;
};
// The CPUs that a replica may run on, of the one with the most, in millicores. 0: one of them may run on all of its
// node's, or it is not known.
MilliCores CpusetOf(const Model& model, const Container& container);

// The smallest limits that the kernel enforces on a replica: its own, its pod's, those of slices, and the CPUs that it may
// run on. Where replicas differ, the largest.
struct EffectiveLimits {
  LimitAt cpu;
  LimitAt memory;
};
EffectiveLimits EffectiveLimitsOf(const Model& model, const Container& container);

// Where replicas differ, the largest; the class is the latest one's. What specs of pods say counts alone as soon as one
// is known. Before, and without any, it is what agents read from cgroups: on three nodes and more the largest that two
// of them tell of, because one agent alone could say anything.
ReplicaSize SizeOf(const Model& model, const Container& container);

}  // namespace loadline::collector
