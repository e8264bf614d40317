#include "agent/host/counter_files.h"

#include <array>

#include "agent/host/fields.h"

namespace loadline::agent {
namespace {

// v1 shows "no limit" as the largest number of whole pages below 2^63.
constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 62;

CpuCounters& Cpu(CgroupCounters& counters) {
  return counters.cpu ? *counters.cpu : counters.cpu.emplace();
}
MemoryCounters& Memory(CgroupCounters& counters) {
  return counters.memory ? *counters.memory : counters.memory.emplace();
}

// A file of one number: nothing when it is none.
template <auto kMember>
bool SetMemory(std::string_view text, CgroupCounters& counters) {
  const auto value = ToNumber(text);
  if (value) Memory(counters).*kMember = AsBytes(*value);
  return value.has_value();
}

template <auto kMember>
bool SetMemoryLimit(std::string_view text, CgroupCounters& counters) {
  Memory(counters).*kMember = static_cast<Bytes>(ParseLimit(text));
  return !text.empty();
}

// Microseconds, under either name.
bool SetCpuBurst(std::string_view text, CgroupCounters& counters) {
  const auto value = ToNumber(text);
  if (value) Cpu(counters).burst_us = *value;
  return value.has_value();
}

bool SetTasks(std::string_view text, CgroupCounters& counters) {
  const auto value = ToNumber(text);
  if (value) counters.processes = static_cast<std::uint32_t>(*value);
  return value.has_value();
}

// ---- v2 ----

bool SetCpuStat(std::string_view text, CgroupCounters& counters) {
  CpuCounters& cpu = Cpu(counters);
  return ForEachKey(text, [&](std::string_view key, std::uint64_t value) {
    if (key == "usage_usec")
      cpu.usage_ns = value * 1000;
    else if (key == "nr_periods")
      cpu.periods = value;
    else if (key == "nr_throttled")
      cpu.throttled_periods = value;
    else if (key == "throttled_usec")
      cpu.throttled_ns = value * 1000;
    else if (key == "nr_bursts")
      cpu.bursts = value;
    else if (key == "burst_usec")
      cpu.burst_used_ns = value * 1000;
  });
}

// "max 100000" or "20000 100000": quota and period.
bool SetCpuMax(std::string_view text, CgroupCounters& counters) {
  std::string_view line = CutLine(text);
  const std::uint64_t quota = ParseLimit(CutWord(line));
  const auto period = ToNumber(CutWord(line));
  if (!period) return false;
  Cpu(counters).quota_us = quota;
  Cpu(counters).period_us = *period;
  return true;
}

bool SetCpuWeight(std::string_view text, CgroupCounters& counters) {
  const auto value = ToNumber(text);
  if (!value) return false;
  Cpu(counters).weight = *value;
  Cpu(counters).weight_is_shares = false;
  return true;
}

bool SetMemoryEvents(std::string_view text, CgroupCounters& counters) {
  MemoryCounters& memory = Memory(counters);
  return ForEachKey(text, [&](std::string_view key, std::uint64_t value) {
    if (key == "low")
      memory.events_low = value;
    else if (key == "high")
      memory.events_high = value;
    else if (key == "max")
      memory.events_max = value;
    else if (key == "oom")
      memory.events_oom = value;
    else if (key == "oom_kill")
      memory.events_oom_kill = value;
    else if (key == "oom_group_kill")
      memory.events_oom_group_kill = value;
  });
}

bool SetMemoryStat(std::string_view text, CgroupCounters& counters) {
  MemoryCounters& memory = Memory(counters);
  std::uint64_t kernel = 0;  // kernels before 5.18 give its parts only
  std::uint64_t kernel_parts = 0;
  memory.refaults = 0;
  const bool any = ForEachKey(text, [&](std::string_view key, std::uint64_t value) {
    const Bytes bytes = AsBytes(value);
    if (key == "anon")
      memory.anon = bytes;
    else if (key == "file")
      memory.file = bytes;
    else if (key == "shmem")
      memory.shmem = bytes;
    else if (key == "inactive_file")
      memory.inactive_file = bytes;
    else if (key == "kernel")
      kernel = value;
    else if (key == "kernel_stack" || key == "pagetables" || key == "slab" || key == "percpu" ||
             key == "sock" || key == "vmalloc")
      kernel_parts += value;
    else if (key.starts_with("workingset_refault"))
      memory.refaults += value;
  });
  memory.kernel = AsBytes(kernel != 0 ? kernel : kernel_parts);
  return any;
}

// ---- v1 ----

bool SetCpuacctUsage(std::string_view text, CgroupCounters& counters) {
  const auto value = ToNumber(text);
  if (value) Cpu(counters).usage_ns = *value;
  return value.has_value();
}

bool SetLegacyCpuStat(std::string_view text, CgroupCounters& counters) {
  CpuCounters& cpu = Cpu(counters);
  return ForEachKey(text, [&](std::string_view key, std::uint64_t value) {
    if (key == "nr_periods")
      cpu.periods = value;
    else if (key == "nr_throttled")
      cpu.throttled_periods = value;
    else if (key == "throttled_time")
      cpu.throttled_ns = value;
    else if (key == "nr_bursts")
      cpu.bursts = value;
    else if (key == "burst_time")
      cpu.burst_used_ns = value;
  });
}

bool SetCfsQuota(std::string_view text, CgroupCounters& counters) {
  Cpu(counters).quota_us = ParseLimit(text);
  return !text.empty();
}

bool SetCfsPeriod(std::string_view text, CgroupCounters& counters) {
  const auto value = ToNumber(text);
  if (value) Cpu(counters).period_us = *value;
  return value.has_value();
}

bool SetShares(std::string_view text, CgroupCounters& counters) {
  const auto value = ToNumber(text);
  if (!value) return false;
  Cpu(counters).weight = *value;
  Cpu(counters).weight_is_shares = true;
  return true;
}

// Memory and swap together; what is in memory was read before.
bool SetMemoryAndSwap(std::string_view text, CgroupCounters& counters) {
  const auto value = ToNumber(text);
  if (value) Memory(counters).swap = std::max<Bytes>(AsBytes(*value) - Memory(counters).current, 0);
  return value.has_value();
}

bool SetOomControl(std::string_view text, CgroupCounters& counters) {
  MemoryCounters& memory = Memory(counters);
  return ForEachKey(text, [&](std::string_view key, std::uint64_t value) {
    if (key == "oom_kill") memory.events_oom_kill = value;
  });
}

bool SetFailures(std::string_view text, CgroupCounters& counters) {
  const auto value = ToNumber(text);
  if (value) Memory(counters).events_max = *value;
  return value.has_value();
}

// The "total_" keys include the cgroups below, as usage_in_bytes does.
bool SetLegacyMemoryStat(std::string_view text, CgroupCounters& counters) {
  MemoryCounters& memory = Memory(counters);
  memory.refaults = 0;
  return ForEachKey(text, [&](std::string_view key, std::uint64_t value) {
    const Bytes bytes = AsBytes(value);
    if (key == "total_rss")
      memory.anon = bytes;
    else if (key == "total_cache")
      memory.file = bytes;
    else if (key == "total_shmem")
      memory.shmem = bytes;
    else if (key == "total_inactive_file")
      memory.inactive_file = bytes;
    else if (key.starts_with("total_workingset_refault"))
      memory.refaults += value;
  });
}

constexpr std::array kUnified = {
    CounterFile{"cpu", "cpu.stat", Moves::kCpuTime, SetCpuStat},
    CounterFile{"memory", "memory.current", Moves::kYes, SetMemory<&MemoryCounters::current>},
    CounterFile{"memory", "memory.events", Moves::kYes, SetMemoryEvents},
    CounterFile{"cpu", "cpu.max", Moves::kNot, SetCpuMax},
    CounterFile{"cpu", "cpu.weight", Moves::kNot, SetCpuWeight},
    CounterFile{"cpu", "cpu.max.burst", Moves::kNot, SetCpuBurst},
    CounterFile{"memory", "memory.peak", Moves::kNot, SetMemory<&MemoryCounters::peak>},
    CounterFile{"memory", "memory.max", Moves::kNot, SetMemoryLimit<&MemoryCounters::limit>},
    CounterFile{"memory", "memory.high", Moves::kNot, SetMemoryLimit<&MemoryCounters::high>},
    CounterFile{"memory", "memory.min", Moves::kNot, SetMemory<&MemoryCounters::min>},
    CounterFile{"memory", "memory.low", Moves::kNot, SetMemory<&MemoryCounters::low>},
    CounterFile{"memory", "memory.swap.current", Moves::kNot, SetMemory<&MemoryCounters::swap>},
    CounterFile{"memory", "memory.stat", Moves::kNot, SetMemoryStat},
    CounterFile{"pids", "pids.current", Moves::kNot, SetTasks},
};

constexpr std::array kLegacy = {
    CounterFile{"cpuacct", "cpuacct.usage", Moves::kCpuTime, SetCpuacctUsage},
    CounterFile{"cpu", "cpu.stat", Moves::kYes, SetLegacyCpuStat},
    CounterFile{"memory", "memory.usage_in_bytes", Moves::kYes, SetMemory<&MemoryCounters::current>},
    CounterFile{"memory", "memory.oom_control", Moves::kYes, SetOomControl},
    CounterFile{"cpu", "cpu.cfs_quota_us", Moves::kNot, SetCfsQuota},
    CounterFile{"cpu", "cpu.cfs_period_us", Moves::kNot, SetCfsPeriod},
    CounterFile{"cpu", "cpu.shares", Moves::kNot, SetShares},
    CounterFile{"cpu", "cpu.cfs_burst_us", Moves::kNot, SetCpuBurst},
    CounterFile{"memory", "memory.max_usage_in_bytes", Moves::kNot, SetMemory<&MemoryCounters::peak>},
    CounterFile{"memory", "memory.limit_in_bytes", Moves::kNot, SetMemoryLimit<&MemoryCounters::limit>},
    CounterFile{"memory", "memory.failcnt", Moves::kNot, SetFailures},
    CounterFile{"memory", "memory.kmem.usage_in_bytes", Moves::kNot, SetMemory<&MemoryCounters::kernel>},
    CounterFile{"memory", "memory.memsw.usage_in_bytes", Moves::kNot, SetMemoryAndSwap},
    CounterFile{"memory", "memory.stat", Moves::kNot, SetLegacyMemoryStat},
    CounterFile{"pids", "pids.current", Moves::kNot, SetTasks},
};

}  // namespace

std::span<const CounterFile> UnifiedCounterFiles() {
  return kUnified;
}

std::span<const CounterFile> LegacyCounterFiles() {
  return kLegacy;
}

std::uint64_t ParseLimit(std::string_view text) {
  const std::uint64_t value = ToNumber(text).value_or(0);
  return value >= kNoLimit ? 0 : value;
}

PressureTotals ParsePressure(std::string_view text) {
  PressureTotals totals;
  while (!text.empty()) {
    std::string_view line = CutLine(text);
    const std::size_t total = line.find("total=");
    if (total == std::string_view::npos) continue;
    const std::uint64_t value = ToNumber(line.substr(total + 6)).value_or(0);
    if (line.starts_with("some")) totals.some_us = value;
    if (line.starts_with("full")) totals.full_us = value;
  }
  return totals;
}

IoCounters ParseIoStat(std::string_view text) {
  IoCounters io;
  while (!text.empty()) {
    std::string_view line = CutLine(text);
    CutWord(line);  // the device
    while (!line.empty()) {
      std::string_view value = CutWord(line);
      const std::string_view key = CutUntil(value, '=');
      const std::uint64_t count = ToNumber(value).value_or(0);
      if (key == "rbytes") io.read_bytes += count;
      if (key == "wbytes") io.written_bytes += count;
      if (key == "rios") io.reads += count;
      if (key == "wios") io.writes += count;
    }
  }
  return io;
}

}  // namespace loadline::agent
