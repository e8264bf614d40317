// Containers of pods whose name was not known when they were first heard of.
//
// They are kept under a provisional one, that of the cgroup, and get their own when somebody knows it; what
// turns out to be nobody's container, a pod's sandbox, is dropped. Lives on the core thread.
#pragma once

#include <optional>
#include <vector>

#include "collector/model/names.h"
#include "collector/model/past.h"
#include "collector/model/registry.h"

namespace loadline::collector {

class Provisional {
 public:
  // All must outlive it.
  Provisional(Registry& registry, Past& past, const NameResolver& names)
      : registry_(registry), past_(past), names_(names) {}

  // Gives each that waits the name that is known by now.
  void Rename(Wall now);

 private:
  [[nodiscard]] std::vector<ContainerId> Waiting() const;
  // Nothing when it is nobody's.
  [[nodiscard]] std::optional<ContainerName> NameOf(const Container& container, Wall now) const;
  // What was known of it under its provisional name is that container's.
  void Move(ContainerId container, const ContainerName& name, Wall now);
  // Its replicas that have ended are told of by their name, too.
  void NameDeparted(const Container& from, const ContainerName& name);
  void Drop(ContainerId container);

  Registry& registry_;
  Past& past_;
  const NameResolver& names_;
};

}  // namespace loadline::collector
