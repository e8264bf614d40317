// From cgroups to the names people use.
//
// Without Kubernetes a workload is the systemd unit, the container of a runtime, or the path of the cgroup.
// With it, the resolver of the Kubernetes watch stands before this one and knows namespace, workload and
// container of a pod.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "schemas/wire/records.h"

namespace loadline::collector {

// Which container of which workload.
struct ContainerName {
  std::string workload_id;  // stable and safe in a URL: see WorkloadView::id
  std::string namespace_name;
  std::string kind;
  std::string workload;
  std::string container;  // "" outside Kubernetes
};

class NameResolver {
 public:
  virtual ~NameResolver() = default;
  // Nothing when the cgroup is no container of a workload: the root, slices and pods, whose figures are those
  // of nodes and of the containers below. `identity` is never that of a nested cgroup.
  [[nodiscard]] virtual std::optional<ContainerName> Resolve(const wire::CgroupIdentity& identity) const = 0;
};

// What the cgroup alone tells: "unit/nginx.service", "docker/0123456789ab", "pod/<uid>", "path/demo/hungry".
class CgroupNames final : public NameResolver {
 public:
  [[nodiscard]] std::optional<ContainerName> Resolve(const wire::CgroupIdentity& identity) const override;
};

// The identity of the container that a nested cgroup belongs to; the identity itself when it is not nested.
wire::CgroupIdentity ContainerOf(wire::CgroupIdentity identity);

}  // namespace loadline::collector
