#include "agent/kernel/counters_of_record.h"

#include "agent/kernel/decode.h"
#include "bpf/events.h"

namespace loadline::agent {
namespace {

// The scheduler keeps weights with 10 bits of fraction (scale_load).
constexpr int kLoadFraction = 10;
constexpr std::uint64_t kDefaultShares = 1024;
constexpr std::uint64_t kDefaultWeight = 100;

CpuCounters& Cpu(CgroupCounters& counters) {
  return counters.cpu ? *counters.cpu : counters.cpu.emplace();
}

MemoryCounters& Memory(CgroupCounters& counters) {
  return counters.memory ? *counters.memory : counters.memory.emplace();
}

void ApplyBandwidth(const cgroup_record& record, bool unified, CpuCounters& cpu) {
  const std::uint64_t shares = record.shares >> kLoadFraction;
  cpu.periods = record.periods;
  cpu.throttled_periods = record.throttled_periods;
  cpu.throttled_ns = record.throttled_ns;
  cpu.quota_us = record.quota_ns == ~0ULL ? 0 : record.quota_ns / 1000;
  cpu.period_us = record.period_ns / 1000;
  cpu.burst_us = record.burst_ns / 1000;
  cpu.bursts = record.bursts;
  cpu.burst_used_ns = record.burst_used_ns;
  // cpu.weight is shown as shares * 100 / 1024, rounded.
  cpu.weight = unified ? (shares * kDefaultWeight + kDefaultShares / 2) / kDefaultShares : shares;
  cpu.weight_is_shares = !unified;
}

template <typename Record>
void ApplyMemoryUse(const Record& record, MemoryCounters& memory) {
  memory.current = PagesToBytes(record.usage_pages);
  memory.peak = PagesToBytes(record.peak_pages);
}

void ApplyMemory(const cgroup_record& record, bool unified, MemoryCounters& memory) {
  memory.limit = LimitToBytes(record.max_pages);
  memory.high = LimitToBytes(record.high_pages);
  memory.min = PagesToBytes(record.min_pages);
  memory.low = PagesToBytes(record.low_pages);
  const std::uint64_t in_memory = unified ? 0 : record.usage_pages;
  memory.swap = PagesToBytes(record.swap_pages > in_memory ? record.swap_pages - in_memory : 0);
  memory.events_low = record.events[MEMORY_EVENT_LOW];
  memory.events_high = record.events[MEMORY_EVENT_HIGH];
  memory.events_max = unified ? record.events[MEMORY_EVENT_MAX] : record.failures;
  memory.events_oom = record.events[MEMORY_EVENT_OOM];
  memory.events_oom_kill = record.events[MEMORY_EVENT_OOM_KILL];
  memory.events_oom_group_kill = record.events[MEMORY_EVENT_OOM_GROUP_KILL];
}

void ApplyMemoryStat(const cgroup_record& record, MemoryCounters& memory) {
  memory.anon = PagesToBytes(record.anon_pages);
  memory.file = PagesToBytes(record.file_pages);
  memory.kernel = PagesToBytes(record.kernel_pages);
  memory.shmem = PagesToBytes(record.shmem_pages);
  memory.inactive_file = PagesToBytes(record.inactive_file_pages);
  memory.refaults = record.refaults;
}

}  // namespace

void Apply(const cgroup_record& record, HierarchyId hierarchy, CgroupCounters& counters) {
  const bool unified = hierarchy == 0;
  if ((record.parts & PART_BANDWIDTH) != 0) ApplyBandwidth(record, unified, Cpu(counters));
  if ((record.parts & PART_CPU_USAGE) != 0) Cpu(counters).usage_ns = record.usage_ns;
  if ((record.parts & PART_MEMORY_USE) != 0) ApplyMemoryUse(record, Memory(counters));
  if ((record.parts & PART_MEMORY) != 0) ApplyMemory(record, unified, Memory(counters));
  if ((record.parts & PART_MEMORY_STAT) != 0) ApplyMemoryStat(record, Memory(counters));
  if ((record.parts & PART_TASKS) != 0) counters.processes = record.tasks;
}

void Apply(const moved_record& record, CgroupCounters& counters) {
  if ((record.parts & PART_CPU_USAGE) != 0) Cpu(counters).usage_ns = record.usage_ns;
  if ((record.parts & PART_MEMORY_USE) != 0) ApplyMemoryUse(record, Memory(counters));
}

}  // namespace loadline::agent
