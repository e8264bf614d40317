// From cgroups to the names people use.
//
// Without Kubernetes a workload is the systemd unit, the container of a runtime, or the path of the cgroup.
// With it, the resolver of the Kubernetes watch stands before this one and knows namespace, workload and
// container of a pod.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "collector/model/container_spec.h"
#include "schemas/wire/records.h"

namespace loadline::collector {

// Which container of which workload.
struct ContainerName {
  std::string workload_id;  // stable and safe in a URL: see WorkloadView::id
  std::string namespace_name;
  std::string kind;
  std::string workload;
  std::string container;                // "" outside Kubernetes
  std::string pod;                      // "" outside Kubernetes, and until it is known
  std::optional<ContainerSpec> spec{};  // nothing outside Kubernetes, and until it is known
};

// Who asks, about what, and how long the answer may take to become certain.
struct NameQuestion {
  enum class Haste {
    kUrgent,  // of an event that is told at once: the best guess
    kBorn,    // of a cgroup seen for the first time: its name may come later
    kLate,    // of one whose name should be known by now
  };
  std::string_view node;                 // whose agent speaks of it
  const wire::CgroupIdentity& identity;  // never that of a nested cgroup
  Haste haste = Haste::kBorn;
};

class NameResolver {
 public:
  virtual ~NameResolver() = default;
  // Nothing when the cgroup is no container of a workload: the root, slices and pods, whose figures are those
  // of nodes and of the containers below.
  [[nodiscard]] virtual std::optional<ContainerName> Resolve(const NameQuestion& question) const = 0;
  // Whether pods get names of their own in time: until then they are not shown.
  [[nodiscard]] virtual bool NamesPods() const { return false; }
  // Grows when what was provisional before may have its name now.
  [[nodiscard]] virtual std::uint64_t generation() const { return 0; }
};

// What the cgroup alone tells: "unit/nginx.service", "docker/0123456789ab", "pod/<uid>", "path/demo/hungry".
class CgroupNames final : public NameResolver {
 public:
  [[nodiscard]] std::optional<ContainerName> Resolve(const NameQuestion& question) const override;
};

// A workload that is a cgroup and no more; one that holds others is none.
[[nodiscard]] inline bool IsPlainCgroup(std::string_view kind) {
  return kind == "Cgroup";
}

// A pod's container under the name its cgroup gives it, until somebody knows better.
[[nodiscard]] inline bool IsProvisional(std::string_view namespace_name, std::string_view kind) {
  return kind == "Pod" && namespace_name.empty();
}

// Where a replica runs, for sentences: "node-1 (pod cart-7d9f)"; "node-1" where no pod is known.
std::string PlaceOf(std::string_view node, std::string_view pod);

// Whose limit a kill was at, for sentences: "the container", "the pod", the path of another cgroup, or that it
// has no name.
std::string LimitOwner(const wire::CgroupIdentity& owner);

// What the agent cannot name is told nevertheless, by its process.
inline constexpr const char* kUnnamedCgroup = "a cgroup that cannot be named";
// Whether both the victim and the cgroup whose limit was hit have names.
bool IsNamed(const wire::OomKill& kill);

// The identity of the container that a nested cgroup belongs to; the identity itself when it is not nested.
wire::CgroupIdentity ContainerOf(wire::CgroupIdentity identity);

}  // namespace loadline::collector
