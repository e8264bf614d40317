// Makes the kernel bring the CPU times of v2 cgroups up to date.
//
// The kernel counts CPU time per CPU and folds it into the cgroups when somebody reads a cpu.stat, for the
// cgroup read and everything below it. So reading the few at the top, kept open, folds the whole tree; it
// needs no right beyond reading, and what it costs, any reader of these files causes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schemas/base/fd.h"

namespace loadline::agent {

class CpuTimeRefresh {
 public:
  explicit CpuTimeRefresh(std::string mount) : mount_(std::move(mount)) {}

  // Folds. Returns the CPU time of the whole machine as the root's cpu.stat has it, nothing when it has none.
  std::optional<std::uint64_t> Refresh();

 private:
  void OpenTop();

  std::string mount_;
  Fd root_;
  std::vector<Fd> top_;
  unsigned passes_ = 0;
  std::uint64_t links_ = 0;  // of the mount point, when it was last looked at
};

}  // namespace loadline::agent
