// One mounted cgroup hierarchy. agent/host finds them; agent/kernel walks them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/signal/cgroup_index.h"

namespace loadline::agent {

struct CgroupHierarchy {
  HierarchyId id = 0;                    // 0 is the unified one (v2)
  std::string mount;                     // "/sys/fs/cgroup", "/sys/fs/cgroup/memory"
  std::uint64_t top = 0;                 // kernel id of the mount's root; 0: it is the hierarchy's own
  std::vector<std::string> controllers;  // "cpu", "cpuacct", "memory"; of v2, what its root offers

  [[nodiscard]] bool unified() const { return id == 0; }
  [[nodiscard]] bool Has(std::string_view controller) const {
    return std::ranges::find(controllers, controller) != controllers.end();
  }
};

}  // namespace loadline::agent
