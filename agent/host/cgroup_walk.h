// All cgroups of a hierarchy, found by walking its folders: how the agent learns what was there before it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/signal/cgroup_hierarchy.h"
#include "schemas/base/result.h"

namespace loadline::agent {

struct CgroupFolder {
  std::uint64_t id = 0;  // the kernel's: a cgroup's inode number is its kernfs id
  std::string path;      // below the hierarchy's root; "/" is the root itself
};

// Parents come before their children. Folders that vanish during the walk are left out; an error means that
// the root itself cannot be read. Stops at 65536 folders: a walk is bounded like everything else.
Result<std::vector<CgroupFolder>> WalkCgroups(const CgroupHierarchy& hierarchy);

}  // namespace loadline::agent
