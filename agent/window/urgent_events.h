// Kernel events that cannot wait for the end of the window, as records that are complete in themselves.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "agent/identity/cgroup_table.h"
#include "agent/signal/kernel_event.h"
#include "agent/window/limit_watch.h"
#include "schemas/base/clock.h"
#include "schemas/wire/records.h"

namespace loadline::agent {

// Not thread-safe: the agent's loop owns it.
class UrgentEvents {
 public:
  // `table` must outlive this.
  explicit UrgentEvents(const CgroupTable& table) : table_(table) {}

  // The machine's two clocks, read at one moment: what turns the kernel's times into wall time.
  struct Now {
    Mono mono{};
    Wall wall{};
  };

  // Both names in full, also of cgroups that are gone already. A cgroup that cannot be named has ref 0 and an
  // empty path, and is counted.
  wire::OomKill OomKill(const OomVictim& victim, Now now);

  // Only the first of the stalls that follow one another by less than ten seconds; nothing for the others,
  // whose number and duration are in the report.
  std::optional<wire::MemoryStall> MemoryStall(const ReclaimStall& stall, Now now);

  // As wire/memory_growth.h has it. Nothing of what is no container of a pod: nobody can raise its limit, and a pod's is
  // that of its containers.
  [[nodiscard]] std::optional<wire::MemoryStall> NearLimit(const LimitWatch::Near& near, Wall now) const;

  [[nodiscard]] std::uint64_t unknown_cgroups() const { return unknown_cgroups_; }

 private:
  wire::CgroupIdentity Identify(const KernelCgroup& cgroup);
  void ForgetQuiet(Mono now);

  const CgroupTable& table_;
  std::unordered_map<std::uint32_t, Mono> stalled_;  // ref, when it stalled last
  std::uint64_t unknown_cgroups_ = 0;
};

}  // namespace loadline::agent
