// OOM kills seen through the kernel's own counters, where no probe sees them: whom and how many, not which process.
//
//   for (const OomVictim& kill : kills_.Look(samples, table_, now)) ...
//
// The counters of v2 are those of a cgroup and of all below it. What grew below is subtracted; what is left of a cgroup
// that has others below waits for one more look, since the files are not read at one instant; and what was removed since
// the last look is charged to the cgroup above. On v2 the owner of the limit is known from its `oom` counter, and so is
// how many decisions there were; on v1 the owner is taken to be the lowest cgroup that has a limit. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/identity/cgroup_table.h"
#include "agent/signal/cgroup_counters.h"
#include "agent/signal/kernel_event.h"
#include "schemas/base/clock.h"

namespace loadline::agent {

class CountedKills {
 public:
  // Whether the memory controller is that of v2.
  explicit CountedKills(bool unified) : unified_(unified) {}

  // A victim with a pid of 0 for each process that was counted since the last look. Samples may leave out cgroups in
  // which nothing moved. `born`: the cgroups that were born since. Of all others the first look only says where
  // counting begins.
  [[nodiscard]] std::vector<OomVictim> Look(std::span<const CgroupCounters> samples,
                                            std::span<const std::uint32_t> born, const CgroupTable& table,
                                            Mono now);

 private:
  struct Counts {
    std::uint64_t kills = 0;
    std::uint64_t group_kills = 0;
    std::uint64_t decisions = 0;
  };
  struct Seen {
    Counts total;
    Counts grown;         // since the last look
    Counts grown_before;  // in the look before
    // Kills that are not told yet; below zero: told of a cgroup below before they were seen here.
    std::int64_t owed = 0;
    bool waits = false;  // they were owed at the last look already
    MemoryCounters memory;
    std::uint64_t look = 0;
  };
  using Kills = std::vector<std::pair<std::uint32_t, std::uint64_t>>;  // by ref

  // True when there is something to tell, or may be.
  bool Grow(const CgroupCounters& sample, std::span<const std::uint32_t> born);
  Kills TakeOwed(const CgroupTable& table);
  void Tell(std::uint32_t victim, std::uint64_t kills, const CgroupTable& table, Mono now,
            std::vector<OomVictim>& out) const;
  // The cgroup whose limit was hit, from this one up; nothing when it was the machine's.
  [[nodiscard]] std::optional<std::uint32_t> OwnerOf(std::uint32_t victim, const CgroupTable& table) const;
  // Of the latest look that saw any.
  static std::uint64_t Decisions(const Seen& seen);

  bool unified_;
  std::unordered_map<std::uint32_t, Seen> seen_;
  std::uint64_t looks_ = 0;
};

}  // namespace loadline::agent
