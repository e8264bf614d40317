// How full file systems are, asked so that one that hangs (a server of NFS that is gone, a dead disk) holds up nobody:
// a child process asks. One that cannot be killed meanwhile is left behind, and its file system is not asked again
// before it has ended.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "schemas/base/clock.h"

namespace loadline::agent {

struct MountAnswer {
  // Not asked: too many hung before it.
  enum class Kind : std::uint8_t { kNotAsked, kAnswered, kFailed, kHangs };
  Kind kind = Kind::kNotAsked;
  std::uint64_t device = 0;
  std::uint64_t total = 0;  // bytes
  std::uint64_t free = 0;   // for who is not root
  std::uint64_t inodes = 0;
  std::uint64_t free_inodes = 0;
};

class MountLook {
 public:
  // For each file system.
  static constexpr Duration kPatience = std::chrono::seconds(2);
  // In one look; the others wait for the next.
  static constexpr int kMostHanging = 3;

  MountLook() = default;
  MountLook(const MountLook&) = delete;
  MountLook& operator=(const MountLook&) = delete;
  ~MountLook();

  // An answer for each path, in their order.
  std::vector<MountAnswer> Ask(const std::vector<std::string>& paths, const std::stop_token& stop);

 private:
  // From `first` on, until all are asked (then their number) or one hangs (then which).
  std::size_t AskFrom(std::size_t first, const std::vector<std::string>& paths,
                      std::vector<MountAnswer>& answers, const std::stop_token& stop);
  void ForgetEnded();

  std::map<std::string, pid_t> left_;  // children that hang, by what they hang at
};

}  // namespace loadline::agent
