// One cgroup's part of the window: cumulative counters in, what grew out.
//
// Times are kept in microseconds as they were reported, so that nothing is lost to rounding: the sum of all
// windows is the kernel's counter, cut to microseconds.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "agent/signal/cgroup_counters.h"
#include "schemas/base/clock.h"
#include "schemas/wire/records.h"

namespace loadline::agent {

class CgroupWindow {
 public:
  // `from_birth`: the agent saw it being born, so its counters began at zero. Otherwise the first sample is
  // where counting begins.
  explicit CgroupWindow(bool from_birth) : from_birth_(from_birth) {}

  // One sample. `elapsed` since the last sample of the node is what turns growth of CPU time into cores.
  void Add(const CgroupCounters& counters, Duration elapsed);
  // Absent: the cgroup has none.
  void AddPressure(const std::optional<PressureCounters>& counters);
  void AddIo(const IoCounters& counters);
  void AddAllotment(const Allotment& allotted);

  // Whether CPU or memory moved in this window: only then are PSI and I/O worth reading.
  [[nodiscard]] bool moved() const { return moved_; }
  // Whether its pressure may have grown. A stall begins by something that uses CPU time: where none was used, and the
  // last reading found that nobody was stalled any more, there is nothing new.
  [[nodiscard]] bool may_stall() const { return moved_ || !asked_for_pressure_ || stalled_; }

  // Whether what it is allotted is not known for sure yet.
  [[nodiscard]] bool is_new_to_allotment() const { return allotments_ < (from_birth_ ? 2 : 1); }

  // What changed since the last call, with ref 0; nothing when nothing did. `in_kubernetes`: the CPU weight
  // comes from the kubelet and always means a request. `samples`: of the window, as far as the cgroup was there;
  // those that were not added found it idle.
  std::optional<wire::ContainerWindow> Close(bool in_kubernetes, std::uint32_t samples);

 private:
  void AddCpu(const CpuCounters& cpu, Duration elapsed);
  void AddMemory(const MemoryCounters& memory);
  void AddProbes(const ProbeCounters& probes);
  void AddLast(const LastReading& used, Duration elapsed);
  void CountSamples(double cores, std::uint32_t count);

  wire::CgroupLimits Limits(bool in_kubernetes);
  MilliCores Request(MilliCores limit, bool in_kubernetes);

  // What the cumulative counters were when they were last looked at; durations in microseconds.
  struct Cpu {
    std::uint64_t usage = 0;
    std::uint64_t periods = 0;
    std::uint64_t throttled_periods = 0;
    std::uint64_t throttled = 0;
    std::uint64_t bursts = 0;
    std::uint64_t burst = 0;
  };
  struct Memory {
    std::uint64_t low = 0, high = 0, max = 0, oom = 0, oom_kill = 0, oom_group_kill = 0, refaults = 0;
    Bytes peak = 0;
  };
  struct Probes {
    std::uint64_t episodes = 0, run_queue_wait = 0, stalls = 0, stall = 0, exits = 0, exits_cpu = 0;
    std::uint64_t longest = 0;  // of this window
    Bytes largest_rss = 0;      // of this window
  };

  // What an idle cgroup needs, together.
  bool from_birth_;
  bool moved_ = false;
  bool touched_ = true;  // something came that may have to be said, or is left of what was said last
  bool sampled_cpu_ = false;
  bool sampled_memory_ = false;
  bool memory_is_new_ = false;  // sampled in this window
  std::uint32_t counted_ = 0;   // of this window, among samples_
  CpuCounters last_cpu_;
  MemoryCounters last_memory_;
  ProbeCounters last_probes_;

  Cpu cpu_, cpu_grown_;
  Memory memory_, memory_grown_;
  Probes probes_, probes_grown_;
  wire::SomeCounters counters_, counters_grown_;
  std::optional<PressureCounters> pressure_;
  bool asked_for_pressure_ = false;
  bool stalled_ = false;  // its last two readings differ
  PressureCounters pressure_grown_;
  std::optional<IoCounters> io_;
  IoCounters io_grown_;
  std::vector<wire::CpuWindow::Bin> samples_;  // ascending by bucket
  wire::MemoryWindow memory_now_, memory_said_;
  std::uint32_t processes_ = 0, processes_said_ = 0;
  wire::CgroupLimits limits_said_;
  Allotment allotted_;
  int allotments_ = 0;  // that were added, as far as it matters
  wire::CpuBounds bounds_said_;
  std::optional<wire::HugePagesWindow> huge_pages_said_;

  // What the last guess was made of: each takes some searching, and they hardly ever change.
  struct Asked {
    std::uint64_t weight = 0;
    bool is_shares = false;
    MilliCores limit = 0;
    bool in_kubernetes = false;
    bool operator==(const Asked&) const = default;
  };
  Asked asked_;
  MilliCores request_ = 0;
};

}  // namespace loadline::agent
