// Where the cgroup hierarchies of this machine are, and what each of them carries.
//
// v2 has one hierarchy for everything. v1 has one for each controller, or for a few together, each with its
// own tree and its own kernel ids. On a hybrid machine controllers live on v1 hierarchies and PSI on a
// unified one beside them. In a pod, where only the host's /sys/fs/cgroup is mounted somewhere, the mount
// point says which mounts are meant: the pod's own view of itself is another mount of the same file system.
//
// A node that is a container itself (kind, minikube, k3d) sees the part of each hierarchy that is below its
// own cgroup: paths begin there, and `top` says where that is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/signal/cgroup_hierarchy.h"
#include "schemas/base/result.h"

namespace loadline::agent {

// Which files are read. Tests give a folder that looks like a machine; a pod gives its mount point.
struct HostRoot {
  std::string root;                             // put before every path; empty: this machine
  std::string cgroup_mount = "/sys/fs/cgroup";  // the folder with the hierarchies, or the unified one itself
};

enum class CgroupLayout { kUnified, kHybrid, kLegacy };
const char* Name(CgroupLayout layout);  // "v2", "hybrid", "v1"

// The hierarchies that count: the unified one, and those with cpu, cpuacct, memory or pids. Their numbers are
// the kernel's cgrp->root->hierarchy_id; their mounts have the root before them and no slash at the end.
struct CgroupMounts {
  std::vector<CgroupHierarchy> hierarchies;

  // The hierarchy that carries a controller, or null. On v2 cpuacct is a part of cpu.
  [[nodiscard]] const CgroupHierarchy* With(std::string_view controller) const;
  [[nodiscard]] const CgroupHierarchy* Unified() const;
  [[nodiscard]] CgroupLayout Layout() const;
};

// What stands behind a hierarchy's mount in the name of a cgroup's folder: its path, of the root nothing.
inline std::string_view BelowMount(std::string_view path) {
  return path == "/" ? std::string_view() : path;
}

// Where the v1 hierarchy with a controller is mounted, also of those that count nothing; empty: nowhere.
std::string LegacyMountWith(const HostRoot& host, std::string_view controller);

// Reads /proc/self/mountinfo, /proc/cgroups and, on v2, cgroup.controllers. Fails when no hierarchy is
// mounted at or below the mount point.
Result<CgroupMounts> FindCgroupMounts(const HostRoot& host);

// The pure half: `controllers` of unified hierarchies stay empty, and mounts are without a root.
std::vector<CgroupHierarchy> ParseCgroupMounts(std::string_view mountinfo, std::string_view proc_cgroups,
                                               std::string_view cgroup_mount);

}  // namespace loadline::agent
