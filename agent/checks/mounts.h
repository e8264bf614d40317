// File systems that are full, out of inodes, read-only because of a fault, or that do not answer.
#pragma once

#include <string>
#include <vector>

#include "agent/checks/check.h"
#include "agent/checks/mount_look.h"
#include "agent/checks/mount_table.h"

namespace loadline::agent {

// The kernel's log and node-problem-detector call it the same.
inline constexpr const char* kReadonlyFilesystem = "ReadonlyFilesystem";
inline constexpr const char* kFilesystemFull = "FilesystemFull";
inline constexpr const char* kInodesExhausted = "InodesExhausted";
inline constexpr const char* kMountNotResponding = "MountNotResponding";

// A file system, and what it answered.
struct LookedAtMount {
  MountedFileSystem mount;
  MountAnswer answer;
};

// Full is bad from 95 %, good below 90 %. Of `reported` file systems the agent reports size and read-only with each
// window (NodeDiskFull, NodeDiskReadOnly): only their inodes are judged.
std::vector<Judgement> JudgeMounts(const std::vector<LookedAtMount>& mounts,
                                   const std::vector<MountAnswer>& reported);

class Mounts final : public Check {
 public:
  // Where mountinfo is read, and what of it the agent reports anyway.
  Mounts(std::string mountinfo, std::vector<std::string> reported)
      : mountinfo_(std::move(mountinfo)), reported_(std::move(reported)) {}
  std::vector<Judgement> Look(Mono now, const std::stop_token& stop) override;

 private:
  const std::string mountinfo_;
  const std::vector<std::string> reported_;
  MountLook look_;
};

}  // namespace loadline::agent
