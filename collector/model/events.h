// OOM kills, memory stalls and faults of nodes: whom they hit, what they teach, and what people are told of them.
//
//   events.Take(node, event, received, applied);
//
// What an agent tells of a pod of another node is left to that node's agent. A kill at a container's own limit
// teaches that it needs more; one that claims more than the node has does not. Lives on the core thread.
#pragma once

#include <optional>

#include "collector/model/applied.h"
#include "collector/model/cgroups.h"
#include "collector/model/cluster_news.h"
#include "collector/model/options.h"
#include "collector/model/registry.h"
#include "collector/model/timeline.h"

namespace loadline::collector {

class Events {
 public:
  // All must outlive it.
  Events(Registry& registry, Cgroups& cgroups, Timeline& timeline, const ModelOptions& options)
      : registry_(registry), cgroups_(cgroups), timeline_(timeline), options_(options) {}

  // Adds what it told to `applied`, and to the timeline.
  void Take(NodeId node, const wire::Event& event, Wall received, Applied& applied);
  // A kill at a container's own limit that no agent saw, and its pod's status tells of.
  void Missed(const ClusterNews& kill, Applied& applied);

 private:
  // Nothing when it is no container of a workload, and an empty one when the cgroup itself has no name.
  [[nodiscard]] std::optional<ContainerName> NameOf(NodeId node, const wire::CgroupIdentity& cgroup) const;
  void TakeKill(NodeId node, const wire::OomKill& kill, Wall received, Applied& applied);
  void TakeStall(NodeId node, const wire::MemoryStall& stall, Wall received);
  void TakeHealth(NodeId node, const wire::HealthEvent& event, Wall received);
  void Learn(Node& node, Replica& replica, const wire::OomKill& kill, Wall at);

  Registry& registry_;
  Cgroups& cgroups_;
  Timeline& timeline_;
  const ModelOptions& options_;
};

}  // namespace loadline::collector
