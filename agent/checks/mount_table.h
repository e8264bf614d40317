// The file systems that are mounted, as far as a check has something to ask them, by mountinfo.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace loadline::agent {

struct MountedFileSystem {
  std::string path;    // where it is mounted; the shortest of several places
  std::string source;  // "/dev/sda1"
  std::string type;    // "ext4"
  std::string device;  // "8:1"
  // A server or a program answers for it: it may hang, and how full it is is not the node's affair.
  bool remote = false;
  // Read-only as a whole although it was mounted to be written to: the kernel does so when its disk fails.
  bool turned_read_only = false;
  bool operator==(const MountedFileSystem&) const = default;
};

// Each once. Left out is what has no size (proc, cgroup), what is always full (squashfs) or is of one container or pod
// (overlay but for the root, volumes below the kubelet's folder but those of servers).
std::vector<MountedFileSystem> ParseMountTable(std::string_view mountinfo);

}  // namespace loadline::agent
