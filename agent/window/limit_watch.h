// Which cgroups are about to be full: what they hold that cannot be reclaimed grows so fast that their memory limit is
// seconds away. Without swap nothing stalls before the kernel kills, so a stall would come too late to act on.
//
//   for (const LimitWatch::Near& near : watch.Add(samples, now, depth)) Send(urgent.NearLimit(near, ...));
//   if (watch.wants_all()) ...                     // the next sample should be read to its full depth
//
// Held is all but page cache. How much of the usage is cache is read seldom (Depth::kAll), so of a cgroup whose usage
// moves towards its limit the caller is asked for that each second, and nothing is told without: what reads files only
// is never about to be full. Not thread-safe: the agent's loop owns it; no clock, no I/O.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "agent/signal/cgroup_counters.h"
#include "schemas/base/clock.h"
#include "schemas/base/units.h"

namespace loadline::agent {

class LimitWatch {
 public:
  struct Near {
    std::uint32_t ref = 0;
    Bytes held = 0;
    Bytes limit = 0;
  };

  // One sample. Those that are about to be full, each once a growth: again when its limit has changed, or when it has
  // been well for ten seconds.
  std::vector<Near> Add(std::span<const CgroupCounters> samples, Mono now, Depth depth);

  // Tasks of some cgroup have stalled at their limit. How much of it they can still have back the next sample says.
  void Stalled() { wants_all_ = true; }

  [[nodiscard]] bool wants_all() const { return wants_all_; }
  [[nodiscard]] std::size_t cgroups() const { return cgroups_.size(); }

 private:
  struct Reading {
    Bytes held = 0;
    Mono at{};
  };
  struct Watched {
    std::uint64_t seen = 0;  // the number of the last sample that had it; since then it has not moved
    Bytes cache = 0;
    Bytes guessed = 0;                  // held, by that sample and a cache that may be old
    Bytes guessed_before = 0;           // by the one before it
    std::array<Reading, 2> readings{};  // of full depth, the last ones, older first
    Bytes told_limit = 0;
    Mono told{};  // when it was last about to be full
  };
  void Take(const CgroupCounters& sample, Mono now, Depth depth, std::vector<Near>& near);
  void Look(std::uint32_t ref, const MemoryCounters& memory, Watched& watched, Mono now,
            std::vector<Near>& near);

  std::unordered_map<std::uint32_t, Watched> cgroups_;  // those with a limit
  std::uint64_t number_ = 0;
  Mono last_{};  // when the last sample was, and the one before
  Mono before_last_{};
  bool wants_all_ = false;
};

}  // namespace loadline::agent
