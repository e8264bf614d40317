// Which replica a cgroup is that an agent speaks of.
//
//   cgroups.Identify(node, identity, window_end);   // from now on `identity.ref` means it
//
// One that is no container of a workload, as the resolver says, is passed over; so is a plain cgroup that holds
// others, because its figures are those of the cgroups below; so is what has no room. Bounded: so many numbers
// of a node as `node_cgroups` says. Lives on the core thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "collector/model/names.h"
#include "collector/model/options.h"
#include "collector/model/registry.h"

namespace loadline::collector {

class Cgroups {
 public:
  // All must outlive it.
  Cgroups(Registry& registry, const NameResolver& names, const ModelOptions& options)
      : registry_(registry), names_(names), options_(options) {}

  // What its agent says of a number, in the window that ends at `at`.
  void Identify(NodeId node, const wire::CgroupIdentity& identity, Wall at);

  // Nothing when it is no container of a workload.
  [[nodiscard]] std::optional<ContainerName> NameOf(NodeId node, const wire::CgroupIdentity& identity,
                                                    NameQuestion::Haste haste) const {
    return names_.Resolve({registry_.nodes()[node].name, identity, haste});
  }
  // The replica of a container on a node, made when it is new. kIgnored when it is none or there is no room.
  ReplicaId ReplicaOf(NodeId node, const wire::CgroupIdentity& container, Wall at, NameQuestion::Haste haste);

 private:
  // Whether some cgroup that is shown lies below that path.
  [[nodiscard]] bool HoldsOthers(NodeId node, const std::string& path) const;
  // Drops plain cgroups above that path: now it is known that they hold another.
  void DropHolders(NodeId node, std::string_view path);

  Registry& registry_;
  const NameResolver& names_;
  const ModelOptions& options_;
};

}  // namespace loadline::collector
