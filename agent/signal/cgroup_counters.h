// What one pass over the cgroups of a node reads: the kernel's own cumulative counters.
//
// The same values come from the BPF iterator (agent/kernel) or from files (agent/host); whoever consumes them
// cannot tell which. Every part is absent when this kernel or hierarchy does not have it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "schemas/base/clock.h"
#include "schemas/base/result.h"
#include "schemas/base/units.h"
#include "schemas/wire/records.h"

namespace loadline::agent {

struct CpuCounters {
  std::uint64_t usage_ns = 0;
  std::uint64_t periods = 0;
  std::uint64_t throttled_periods = 0;
  std::uint64_t throttled_ns = 0;
  std::uint64_t quota_us = 0;  // 0: no limit
  std::uint64_t period_us = 100'000;
  std::uint64_t burst_us = 0;  // allowed beyond the quota in a period, of quota that was left unused before
  std::uint64_t bursts = 0;    // periods in which that was used
  std::uint64_t burst_used_ns = 0;  // and how much of it
  std::uint64_t weight = 0;  // v2 cpu.weight (1-10000), or v1 cpu.shares (2-262144) when `weight_is_shares`
  bool weight_is_shares = false;
  bool operator==(const CpuCounters&) const = default;
};

struct MemoryCounters {
  Bytes current = 0;
  Bytes peak = 0;   // highest ever (memory.peak, max_usage_in_bytes); 0 when the kernel has none
  Bytes limit = 0;  // 0: none
  Bytes high = 0;
  Bytes min = 0;
  Bytes low = 0;
  Bytes anon = 0;
  Bytes file = 0;
  Bytes kernel = 0;
  Bytes shmem = 0;
  Bytes inactive_file = 0;
  Bytes swap = 0;  // swapped out; 0 too where the kernel does not account for it
  std::uint64_t refaults = 0;
  std::uint64_t events_low = 0;
  std::uint64_t events_high = 0;
  std::uint64_t events_max = 0;  // v1: failcnt
  std::uint64_t events_oom = 0;
  std::uint64_t events_oom_kill = 0;
  std::uint64_t events_oom_group_kill = 0;
  bool operator==(const MemoryCounters&) const = default;
};

// Cumulative stall times of the cgroup's PSI files. Read apart from the counters, and less often: see
// agent/host/pressure.h.
struct PressureCounters {
  std::uint64_t cpu_some_us = 0;
  std::uint64_t cpu_full_us = 0;
  std::uint64_t memory_some_us = 0;
  std::uint64_t memory_full_us = 0;
  std::uint64_t io_some_us = 0;
  std::uint64_t io_full_us = 0;
  bool operator==(const PressureCounters&) const = default;
};

// What block devices did for the cgroup, summed over devices. Read as PressureCounters are.
struct IoCounters {
  std::uint64_t read_bytes = 0;
  std::uint64_t written_bytes = 0;
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  bool operator==(const IoCounters&) const = default;
};

// What a cgroup may run on, and holds in huge pages: what changes rarely.
struct Allotment {
  std::uint32_t cpus = 0;                           // of its cpuset; 0: not known
  std::optional<wire::HugePagesWindow> huge_pages;  // nothing: the node has none to give
};

// Cgroups of a node, and those that are removed and still held, because memory is charged to them.
struct CgroupCount {
  std::uint32_t alive = 0;
  std::uint32_t dying = 0;
};

// Aggregates that probes keep per cgroup between two passes. Cumulative since the agent started, but for the
// two maxima, which are of the time since the last pass.
struct ProbeCounters {
  std::uint64_t throttle_episodes = 0;
  std::uint64_t throttle_longest_ns = 0;  // maximum since the last pass
  std::uint64_t run_queue_wait_ns = 0;
  std::uint64_t reclaim_stalls = 0;
  std::uint64_t reclaim_stall_ns = 0;
  std::uint64_t exits = 0;
  std::uint64_t exits_cpu_ns = 0;
  Bytes exits_largest_rss = 0;  // maximum since the last pass
  // Of all episodes, by our own clock: their mean is worth something, their sum is CpuCounters::throttled_ns.
  std::uint64_t throttle_episodes_ns = 0;
  wire::SomeCounters counters;  // all else that probes count
  bool operator==(const ProbeCounters&) const = default;
};

// What a cgroup used in its whole life, as far as one hierarchy counts it.
struct LastReading {
  std::optional<std::uint64_t> usage_ns;
  std::optional<Bytes> memory_peak;
  bool operator==(const LastReading&) const = default;
};

// One sample of a cgroup. One that died since the last pass appears once more, with what its probes gathered and what
// it had used in the end.
struct CgroupCounters {
  std::uint32_t ref = 0;  // agent/identity's number
  std::optional<CpuCounters> cpu;
  std::optional<MemoryCounters> memory;
  std::optional<ProbeCounters> probes;
  std::optional<std::uint32_t> processes;
  std::optional<LastReading> used;  // of one that died
};

// How much a pass reads.
enum class Depth {
  kMoving,  // CPU time, memory in use and its peak: what must be seen every second
  kAll,  // limits, throttling, events and memory statistics too: cumulative or slow, once a window is enough
};

// One way to read all cgroups. Not thread-safe: the agent's loop owns it.
class CounterSource {
 public:
  virtual ~CounterSource() = default;
  // Makes `out` the counters of every live cgroup; with kMoving those in which nothing moved since the last pass may
  // be left out. It is reused from pass to pass: what was put there may be added to, and is taken back by the next. What a
  // pass does not read has its value of the last pass that
  // did; a cgroup's first pass reads all of it. A cgroup that vanishes
  // during the pass costs only itself; a file that cannot be read too, and is counted in `failed`. An error
  // means that the whole pass failed.
  virtual Result<void> Sample(std::vector<CgroupCounters>& out, Depth depth) = 0;
  [[nodiscard]] virtual std::uint64_t failed() const = 0;
};

}  // namespace loadline::agent
