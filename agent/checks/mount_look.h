// How full file systems are, asked so that one that hangs (a server of NFS that is gone, a dead disk) holds up nobody:
// a thread asks. One that hangs is left behind, and its file system is not asked again before it has ended. It ends
// with the process, as every call that waits for a server does when it is killed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
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
  // Threads that are left behind, at most. While there are so many nothing else is asked.
  static constexpr std::size_t kMostLeft = 32;

  // An answer for each path, in their order.
  std::vector<MountAnswer> Ask(const std::vector<std::string>& paths, const std::stop_token& stop);

 private:
  class Asking;

  static std::shared_ptr<Asking> Start(std::vector<std::string> paths);

  std::map<std::string, std::shared_ptr<Asking>> left_;  // by what they hang at
};

}  // namespace loadline::agent
