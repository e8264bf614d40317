// From the reports of nodes to what their containers have used.
//
//   windows.Take(node, report, received);
//
// A large report comes in parts, all with the same window. A container in which nothing changed is in none of
// them; it is idle. That is known only when no more parts come or the next window of its node begins, and so
// idle windows are entered then (measure.h). Reports of a node are to come in the order of their numbers.
//
// Bounded by time: a node may begin so many windows as can have passed. What is beyond that is counted, and
// what its numbers mean is kept all the same; a window that claims more than the node has is counted and tells
// nothing. Lives on the core thread.
#pragma once

#include <map>

#include "collector/model/cgroups.h"
#include "collector/model/options.h"
#include "collector/model/past.h"
#include "collector/model/registry.h"

namespace loadline::collector {

class Windows {
 public:
  // All must outlive it.
  Windows(Registry& registry, Cgroups& cgroups, Past& past, const ModelOptions& options)
      : registry_(registry), cgroups_(cgroups), past_(past), options_(options) {}

  void Take(NodeId node, const wire::Report& report, Wall received);

  struct Counts {
    std::uint64_t samples = 0;       // windows of containers that were entered
    std::uint64_t unknown_refs = 0;  // numbers that meant nothing
  };
  [[nodiscard]] const Counts& counts() const { return counts_; }
  void Restore(const Counts& counts) { counts_ = counts; }

 private:
  void Begin(Node& node, Wall end, Duration length);
  // Enters those that were idle in it.
  void Close(Node& node);
  // Of that node the figures of its cgroups in the window that is open.
  void Enter(Node& node, const wire::Report& report, Wall end, Duration length);
  void Enter(Node& node, ReplicaId replica, const wire::ContainerWindow& window, Wall end, Duration length);
  void Enter(ReplicaId replica, const wire::ContainerWindow& window, Wall end, Duration length);
  // The window of a replica claims more than its node has.
  void Refuse(Node& node, ReplicaId replica, Wall end, Duration length);
  void Identify(NodeId node, const wire::Report& report, Wall end);
  // What its agent says has ended.
  void End(NodeId node, const wire::Report& report);

  Registry& registry_;
  Cgroups& cgroups_;
  Past& past_;
  const ModelOptions& options_;
  Counts counts_;
  // What replicas of the node that is being read did in this window under earlier numbers (lives.h).
  std::map<ReplicaId, wire::ContainerWindow> earlier_;
};

}  // namespace loadline::collector
