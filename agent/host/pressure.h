// PSI: how long tasks were stalled for want of CPU, memory or IO.
//
// Reading one cgroup is three files of about 1.5 us each (the kernel brings the sums up to date for every
// reader), so that a thousand cgroups each second would cost five times the agent's whole budget. The totals
// are cumulative, so nothing is lost by reading later: the agent reads a cgroup once a window, and only when
// its own counters moved in that window or a stall was going on at the last reading. What else there may be is read
// with a rotation that comes round to every cgroup every half hour.
//
// And of the three files only those that may say something new: whoever stalls in a cgroup stalls in those above it as
// well, so where the total above has not grown since the last reading, neither has the one below. The kernel weighs
// the CPUs of each cgroup by themselves, by which a stall of less than a microsecond a CPU may show above later than
// below; it is read then, or within five minutes.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "agent/host/cgroup_mounts.h"
#include "agent/host/kept_files.h"
#include "agent/signal/cgroup_counters.h"
#include "schemas/base/fd.h"

namespace loadline::agent {

class PressureFiles {
 public:
  static constexpr std::size_t kMaxOpen = 256;

  // `max_open` cgroups are kept open, three files each; the one that was read longest ago makes room.
  explicit PressureFiles(const CgroupMounts& mounts, std::size_t max_open = kMaxOpen);

  // Before the cgroups of one window are read: what the machine has now. Absent: it cannot say.
  void BeginRound(const std::optional<PressureCounters>& machine);

  // Absent when the cgroup has no PSI files: not on the unified hierarchy, or a kernel without PSI. `above`: the
  // cgroup around it, which serves when it was read in this round; otherwise, and when it is 0, the machine does.
  std::optional<PressureCounters> Read(std::uint32_t ref, std::string_view path, std::uint32_t above = 0);
  void Forget(std::uint32_t ref) { open_.Forget(ref); }

  // Whether this machine has PSI for cgroups at all; otherwise `why` says what is missing.
  [[nodiscard]] bool available() const { return why_.empty(); }
  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  // What was said above when a cgroup was read.
  struct Above {
    std::uint32_t ref = 0;  // 0: the machine
    std::optional<PressureCounters> totals;
  };
  struct Open {
    std::array<Fd, 3> files;  // cpu, memory, io
    std::optional<PressureCounters> totals = {};
    Above above = {};
    std::uint64_t round = 0;       // of the last reading
    std::uint64_t full_round = 0;  // of the last one of all three
  };

  [[nodiscard]] Above AboveOf(std::uint32_t above) const;

  std::string mount_;
  std::string why_;
  KeptFiles<Open> open_;
  std::optional<PressureCounters> machine_;
  std::uint64_t round_ = 0;
};

// PSI of the whole machine, from /proc/pressure, kept open.
class MachinePressure {
 public:
  explicit MachinePressure(const HostRoot& host);
  [[nodiscard]] std::optional<PressureCounters> Read();

 private:
  std::array<Fd, 3> files_;
};

}  // namespace loadline::agent
