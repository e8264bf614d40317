// What happened to a container's replicas since the collector knows it, counted: one row for each count, in the order in
// which they are saved. A new one comes last.
#pragma once

#include <array>
#include <cstdint>

namespace loadline::collector {

struct EventTotals {
  std::uint64_t memory_low = 0;
  std::uint64_t memory_high = 0;
  std::uint64_t memory_max = 0;
  std::uint64_t memory_oom_kill = 0;
  std::uint64_t memory_oom_group_kill = 0;
  std::uint64_t reclaim_stalls = 0;
  std::uint64_t reclaim_stall_us = 0;
  std::uint64_t throttle_episodes = 0;
  std::uint64_t process_exits = 0;
  std::uint64_t io_read_bytes = 0;
  std::uint64_t io_written_bytes = 0;
  std::uint64_t io_reads = 0;
  std::uint64_t io_writes = 0;
};

struct EventTotal {
  const char* name;  // in the API: of `events`, or of `totals` where it is a family of its own
  std::uint64_t EventTotals::* count;
  const char* meaning;
  // In /metrics, where it is no count of events: loadline_container_NAME_total. Otherwise it is a label of
  // loadline_container_events_total.
  bool own_family = false;
};

inline constexpr std::array kEventTotals = {
    EventTotal{"memory_low_events", &EventTotals::memory_low,
               "Reclaims below memory.low: the node was short of memory."},
    EventTotal{"memory_high_events", &EventTotals::memory_high,
               "Times that the container was slowed down because it was above memory.high."},
    EventTotal{
        "memory_max_events", &EventTotals::memory_max,
        "Times that an allocation met the memory limit; most are followed by reclaim and not by a kill."},
    EventTotal{"memory_oom_kill_events", &EventTotals::memory_oom_kill,
               "The kernel's own count of processes killed; it counts the first of a group twice."},
    EventTotal{"memory_oom_group_kill_events", &EventTotals::memory_oom_group_kill,
               "The kernel's own count of group kills, since Linux 5.17."},
    EventTotal{"reclaim_stalls", &EventTotals::reclaim_stalls,
               "Times that a task waited for memory to be reclaimed at the limit."},
    EventTotal{"reclaim_stall_microseconds", &EventTotals::reclaim_stall_us,
               "Time that tasks waited for memory to be reclaimed at the limit."},
    EventTotal{"throttle_episodes", &EventTotals::throttle_episodes,
               "CPU throttles: times that one CPU was taken away until the next period."},
    EventTotal{"process_exits", &EventTotals::process_exits, "Processes that ended."},
    EventTotal{"io_read_bytes", &EventTotals::io_read_bytes, "Bytes read from block devices.", true},
    EventTotal{"io_written_bytes", &EventTotals::io_written_bytes, "Bytes written to block devices.", true},
    EventTotal{"io_reads", &EventTotals::io_reads, "Reads from block devices.", true},
    EventTotal{"io_writes", &EventTotals::io_writes, "Writes to block devices.", true},
};

}  // namespace loadline::collector
