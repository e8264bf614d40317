#include "collector/model/lives.h"

#include <algorithm>
#include <utility>

#include "schemas/base/saturating.h"

namespace loadline::collector {
namespace {

template <typename Count>
void Sum(Count& sum, Count more) {
  sum = SaturatingSum(sum, more);
}

template <typename T>
void Largest(T& most, T other) {
  most = std::max(most, other);
}

void Add(const wire::CpuWindow& earlier, wire::CpuWindow& cpu) {
  Sum(cpu.usage_us, earlier.usage_us);
  Sum(cpu.run_queue_wait_us, earlier.run_queue_wait_us);
  for (const wire::CpuWindow::Bin& bin : earlier.one_second) {
    const auto place =
        std::ranges::lower_bound(cpu.one_second, bin.bucket, {}, &wire::CpuWindow::Bin::bucket);
    if (place != cpu.one_second.end() && place->bucket == bin.bucket)
      Sum(place->count, bin.count);
    else
      cpu.one_second.insert(place, bin);
  }
}

void Add(const wire::ThrottleWindow& earlier, wire::ThrottleWindow& throttle) {
  Sum(throttle.periods, earlier.periods);
  Sum(throttle.throttled_periods, earlier.throttled_periods);
  Sum(throttle.throttled_us, earlier.throttled_us);
  Sum(throttle.episodes, earlier.episodes);
  Largest(throttle.longest_us, earlier.longest_us);
}

void Add(const wire::MemoryEventsWindow& earlier, wire::MemoryEventsWindow& events) {
  Sum(events.low, earlier.low);
  Sum(events.high, earlier.high);
  Sum(events.max, earlier.max);
  Sum(events.oom, earlier.oom);
  Sum(events.oom_kill, earlier.oom_kill);
  Sum(events.oom_group_kill, earlier.oom_group_kill);
  Sum(events.refaults, earlier.refaults);
  Sum(events.reclaim_stalls, earlier.reclaim_stalls);
  Sum(events.reclaim_stall_us, earlier.reclaim_stall_us);
}

void Add(const wire::PressureWindow& earlier, wire::PressureWindow& pressure) {
  Sum(pressure.cpu_some_us, earlier.cpu_some_us);
  Sum(pressure.cpu_full_us, earlier.cpu_full_us);
  Sum(pressure.memory_some_us, earlier.memory_some_us);
  Sum(pressure.memory_full_us, earlier.memory_full_us);
  Sum(pressure.io_some_us, earlier.io_some_us);
  Sum(pressure.io_full_us, earlier.io_full_us);
}

void Add(const wire::IoWindow& earlier, wire::IoWindow& io) {
  Sum(io.read_bytes, earlier.read_bytes);
  Sum(io.written_bytes, earlier.written_bytes);
  Sum(io.reads, earlier.reads);
  Sum(io.writes, earlier.writes);
}

void Add(const wire::ExitWindow& earlier, wire::ExitWindow& exits) {
  Sum(exits.exits, earlier.exits);
  Sum(exits.cpu_us, earlier.cpu_us);
  Largest(exits.largest_rss, earlier.largest_rss);
}

// Where only one has it, it is that one's.
template <typename Part>
void AddPart(const std::optional<Part>& earlier, std::optional<Part>& part) {
  if (!earlier) return;
  if (part)
    Add(*earlier, *part);
  else
    part = earlier;
}

template <typename Part>
void Keep(const std::optional<Part>& earlier, std::optional<Part>& part) {
  if (!part) part = earlier;
}

}  // namespace

void AddEarlierLife(const wire::ContainerWindow& earlier, wire::ContainerWindow& window) {
  AddPart(earlier.cpu, window.cpu);
  AddPart(earlier.throttle, window.throttle);
  AddPart(earlier.memory_events, window.memory_events);
  AddPart(earlier.pressure, window.pressure);
  AddPart(earlier.io, window.io);
  AddPart(earlier.exits, window.exits);
  for (const auto& [counter, by] : earlier.counters) Sum(window.counters[counter], by);
  if (earlier.memory && window.memory) {
    Largest(window.memory->peak, earlier.memory->peak);
  } else if (earlier.memory) {
    window.memory = earlier.memory;
    window.processes = earlier.processes;
  }
  Keep(earlier.limits, window.limits);
  Keep(earlier.huge_pages, window.huge_pages);
  Keep(earlier.cpu_bounds, window.cpu_bounds);
}

}  // namespace loadline::collector
