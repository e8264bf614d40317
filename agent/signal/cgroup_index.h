// How readers of counters and events turn the kernel's names for a cgroup into the agent's.
//
// A cgroup has one path, but on v1 and hybrid machines one kernel id per hierarchy; ids of different
// hierarchies may be equal and mean different cgroups. agent/identity implements this; agent/kernel and
// agent/host use it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace loadline::agent {

// The kernel's number of a mounted hierarchy, as in /proc/self/cgroup: 0 is the unified one (v2).
using HierarchyId = std::uint32_t;

// The kernel's name of a cgroup.
struct KernelCgroup {
  HierarchyId hierarchy = 0;
  std::uint64_t id = 0;
  bool operator==(const KernelCgroup&) const = default;
};

class CgroupIndex {
 public:
  virtual ~CgroupIndex() = default;

  // A directory seen by a walk, or a birth told by the kernel. Gives its ref; the same path gives the same
  // ref as long as it lives. A path that died and is born again is a new cgroup with a new ref. 0 when there
  // is no room for another cgroup: nothing can be said about it.
  virtual std::uint32_t Born(HierarchyId hierarchy, std::uint64_t kernel_id, std::string_view path) = 0;

  // The cgroup of this hierarchy is gone. Its ref stays findable for a minute, for events that come late; it
  // is dead when no hierarchy has it any more.
  virtual void Died(HierarchyId hierarchy, std::uint64_t kernel_id) = 0;

  [[nodiscard]] virtual std::optional<std::uint32_t> Find(HierarchyId hierarchy,
                                                          std::uint64_t kernel_id) const = 0;
  [[nodiscard]] virtual std::optional<std::uint32_t> FindPath(std::string_view path) const = 0;
};

}  // namespace loadline::agent
