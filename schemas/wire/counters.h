// What is counted of a container, once: one row for each counter, from the agent's probes and files by way of the wire to
// what is saved, API, metrics and page. Whoever passes counters on goes through this table.
//
//   grown[Counter::kRunQueueWaits] += more;
//   for (const auto& [counter, by] : grown) totals[counter] += by;
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

namespace loadline::wire {

// The number of each on the wire, and its place in what is saved: a new one comes last.
enum class Counter : std::uint8_t {
  kMemoryLow,
  kMemoryHigh,
  kMemoryMax,
  kMemoryOomKill,
  kMemoryOomGroupKill,
  kReclaimStalls,
  kReclaimStallUs,
  kThrottleEpisodes,
  kProcessExits,
  kIoReadBytes,
  kIoWrittenBytes,
  kIoReads,
  kIoWrites,
  kMemoryOom,
  kProcessExitCpuUs,
  kRunQueueWaits,
  kCpuBursts,
  kCpuBurstUs,
};

struct CounterRow {
  Counter counter;
  const char* name;  // in the API: of `events`, or of `totals` where it is a family of its own
  const char* meaning;
  // In /metrics, where it is no count of events: loadline_container_NAME_total. Otherwise it is a label of
  // loadline_container_events_total.
  bool own_family = false;
};

inline constexpr CounterRow kCounters[] = {
    {Counter::kMemoryLow, "memory_low_events", "Reclaims below memory.low: the node was short of memory."},
    {Counter::kMemoryHigh, "memory_high_events",
     "Times that the container was slowed down because it was above memory.high."},
    {Counter::kMemoryMax, "memory_max_events",
     "Times that an allocation met the memory limit; most are followed by reclaim and not by a kill."},
    {Counter::kMemoryOomKill, "memory_oom_kill_events",
     "The kernel's own count of processes killed; it counts the first of a group twice."},
    {Counter::kMemoryOomGroupKill, "memory_oom_group_kill_events",
     "The kernel's own count of group kills, since Linux 5.17."},
    {Counter::kReclaimStalls, "reclaim_stalls",
     "Times that a task waited for memory to be reclaimed at the limit."},
    {Counter::kReclaimStallUs, "reclaim_stall_microseconds",
     "Time that tasks waited for memory to be reclaimed at the limit."},
    {Counter::kThrottleEpisodes, "throttle_episodes",
     "CPU throttles: times that one CPU was taken away until the next period."},
    {Counter::kProcessExits, "process_exits", "Processes that ended."},
    {Counter::kIoReadBytes, "io_read_bytes", "Bytes read from block devices.", true},
    {Counter::kIoWrittenBytes, "io_written_bytes", "Bytes written to block devices.", true},
    {Counter::kIoReads, "io_reads", "Reads from block devices.", true},
    {Counter::kIoWrites, "io_writes", "Writes to block devices.", true},
    {Counter::kMemoryOom, "memory_oom_events",
     "Times that reclaim at the memory limit was in vain, so that an allocation failed or somebody was "
     "killed."},
    {Counter::kProcessExitCpuUs, "process_exit_cpu_microseconds",
     "CPU time that processes which ended had used in their whole lives."},
    {Counter::kRunQueueWaits, "run_queue_waits",
     "Times that a task waited for a CPU while not throttled, where the signal run_queue is on."},
    {Counter::kCpuBursts, "cpu_bursts",
     "CFS periods in which the container used more than its CPU limit gives, out of what it had left unused "
     "before (cpu.max.burst). It was not throttled for that."},
    {Counter::kCpuBurstUs, "cpu_burst_microseconds", "CPU time used beyond the limit in such periods."},
};
static_assert(
    [] {
      for (std::size_t i = 0; i < std::size(kCounters); ++i) {
        if (kCounters[i].counter != static_cast<Counter>(i)) return false;
      }
      return true;
    }(),
    "each has its row, in its place");

// What each stands at.
class Counters {
 public:
  std::uint64_t& operator[](Counter counter) { return of_[static_cast<std::size_t>(counter)]; }
  const std::uint64_t& operator[](Counter counter) const { return of_[static_cast<std::size_t>(counter)]; }
  bool operator==(const Counters&) const = default;

 private:
  std::array<std::uint64_t, std::size(kCounters)> of_{};
};

// What some of them grew by, or stand at; most of a container are not there. Ascending.
class SomeCounters {
 public:
  struct Entry {
    Counter counter{};
    std::uint64_t count = 0;
    bool operator==(const Entry&) const = default;
  };

  // What it stands at; of one that was not there zero.
  std::uint64_t& operator[](Counter counter) {
    const auto place = std::ranges::lower_bound(entries_, counter, {}, &Entry::counter);
    if (place != entries_.end() && place->counter == counter) return place->count;
    return entries_.insert(place, {.counter = counter})->count;
  }
  [[nodiscard]] auto begin() const { return entries_.begin(); }
  [[nodiscard]] auto end() const { return entries_.end(); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  void clear() { entries_.clear(); }
  bool operator==(const SomeCounters&) const = default;

 private:
  std::vector<Entry> entries_;
};

}  // namespace loadline::wire
