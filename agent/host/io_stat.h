// Block I/O of cgroups, from io.stat of the unified hierarchy. A reading makes the kernel sum up over CPUs, so a cgroup is
// read once a window, together with its pressure. v1's blkio is not read.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/host/cgroup_mounts.h"
#include "agent/host/kept_files.h"
#include "agent/signal/cgroup_counters.h"
#include "schemas/base/fd.h"

namespace loadline::agent {

class IoStatFiles {
 public:
  static constexpr std::size_t kMaxOpen = 256;

  explicit IoStatFiles(const CgroupMounts& mounts);

  // Absent where the io controller is not on for the cgroup, or not of v2 at all.
  std::optional<IoCounters> Read(std::uint32_t ref, std::string_view path);
  void Forget(std::uint32_t ref) { open_.Forget(ref); }

 private:
  std::string mount_;  // empty: no io controller on v2
  KeptFiles<Fd> open_;
};

}  // namespace loadline::agent
