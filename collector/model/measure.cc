#include "collector/model/measure.h"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

#include "collector/model/capacity.h"
#include "schemas/base/saturating.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

// A point of the history.
constexpr Duration kSlot = 10s;

// Of the CPU that its pod uses: who uses less hardly runs, and nobody notices that it is stopped.
constexpr double kRuns = 0.01;

template <typename To>
To Saturate(std::uint64_t value) {
  return static_cast<To>(std::min<std::uint64_t>(value, std::numeric_limits<To>::max()));
}

RecentWindows::Window Recent(const LiveWindow& live, std::uint32_t used_of_limit_us) {
  return {static_cast<std::uint32_t>(live.end.time_since_epoch() / 1s),
          Saturate<std::uint16_t>(live.length / 1ms),
          Saturate<std::uint16_t>(live.throttle.periods),
          Saturate<std::uint16_t>(live.throttle.throttled_periods),
          Saturate<std::uint16_t>(live.pressure.memory_some_us / 1000),
          used_of_limit_us / 1000,
          Saturate<std::uint32_t>(live.throttle.throttled_us / 1000)};
}

// What is enforced on the container or its pod, and not on all pods together.
std::int64_t OwnLimit(const LimitAt& limit) {
  return limit.level == LimitLevel::kSlice ? 0 : limit.amount;
}

CpuSample CpuOf(const LiveWindow& live, std::span<const wire::CpuWindow::Bin> bins, MilliCores limit) {
  return {.at = live.end,
          .interval = live.length,
          .usage_cores = live.cpu_us * 1e-6 / Seconds(live.length),
          .one_second = bins,
          .limit = limit,
          .periods = live.throttle.periods,
          .throttled_periods = live.throttle.throttled_periods,
          .throttled_seconds = static_cast<double>(live.throttle.throttled_us) * 1e-6,
          .run_queue_wait_seconds = live.run_queue_wait_us * 1e-6};
}

MemorySample MemoryOf(const Replica& replica, const wire::ContainerWindow& window) {
  const wire::MemoryWindow& memory = replica.memory;
  return {.at = replica.live.end,
          .interval = replica.live.length,
          .working_set = std::max<Bytes>(memory.current - memory.inactive_file, 0),
          .peak = memory.peak,
          .anon = memory.anon,
          .file = memory.file,
          .kernel = memory.kernel,
          .shmem = memory.shmem,
          .limit = OwnLimit(replica.memory_limit),
          .pressure_some_seconds = replica.live.pressure.memory_some_us * 1e-6,
          .refaults = window.memory_events ? window.memory_events->refaults : 0};
}

// Peaks are those of an hour, so that the highest ends with the hour behind it.
void CloseHour(Container& container, Wall end) {
  const std::int64_t hour = end.time_since_epoch() / 1h;
  if (hour <= container.peak_hour) return;
  const bool follows = hour == container.peak_hour + 1;
  container.peak_before = follows ? container.peak : 0;
  container.exited_before = follows ? container.exited : 0;
  container.peak = container.exited = 0;
  container.peak_hour = hour;
}

void CloseSlot(const Registry& registry, Container& container, Wall end) {
  const std::int64_t slot = end.time_since_epoch() / kSlot;
  if (slot <= container.open_slot) return;
  const std::int64_t closed = std::exchange(container.open_slot, slot);
  if (closed == 0) return;
  double cores = 0;
  Bytes memory = 0;
  std::uint64_t periods = 0;
  std::uint64_t throttled = 0;
  for (const ReplicaId id : container.replicas) {
    const Replica& replica = registry.replicas()[id];
    if (!replica.running()) continue;
    cores += replica.live.cpu_us * 1e-6 / Seconds(replica.live.length);
    memory = SaturatingSum(memory, std::max<Bytes>(replica.memory.current - replica.memory.inactive_file, 0));
    periods += replica.live.throttle.periods;
    throttled += replica.live.throttle.throttled_periods;
  }
  container.history.Add({(closed + 1) * (kSlot / 1ms), static_cast<float>(cores), static_cast<float>(memory),
                         periods == 0 ? 0 : static_cast<float>(throttled) / static_cast<float>(periods)});
}

// What it says is what holds now.
void Believe(Replica& replica, const wire::ContainerWindow& window, Wall end, Duration length) {
  replica.live = {.end = end,
                  .length = length,
                  .cpu_us = window.cpu ? window.cpu->usage_us : 0,
                  .run_queue_wait_us = window.cpu ? window.cpu->run_queue_wait_us : 0,
                  .throttle = window.throttle.value_or(wire::ThrottleWindow{}),
                  .pressure = window.pressure.value_or(wire::PressureWindow{})};
  if (window.memory) {
    replica.memory = *window.memory;
    replica.processes = window.processes;
  } else {
    replica.memory.peak = replica.memory.current;
  }
  if (window.limits) replica.limits = *window.limits;
  if (window.cpu_bounds) replica.cpu_bounds = *window.cpu_bounds;
  if (window.huge_pages) replica.huge_pages = window.huge_pages;
}

void Tighten(LimitAt& limit, std::int64_t amount, LimitLevel level) {
  if (amount > 0 && (limit.amount == 0 || amount < limit.amount)) limit = {amount, level};
}

bool IsMoreThrottled(const wire::ThrottleWindow& a, const wire::ThrottleWindow& b) {
  if (a.throttled_periods == 0 || b.throttled_periods == 0) return a.throttled_periods > b.throttled_periods;
  return std::uint64_t{a.throttled_periods} * b.periods > std::uint64_t{b.throttled_periods} * a.periods;
}

// A group that is stopped stops everybody in it who runs. The time that this takes belongs to each by what it uses.
void StopWith(const CgroupsAbove::Group& group, LimitLevel level, Replica& replica) {
  if (group.end != replica.live.end || group.cpu_us == 0) return;
  const double part = std::min(1.0, static_cast<double>(replica.live.cpu_us) / group.cpu_us);
  if (part < kRuns || !IsMoreThrottled(group.throttle, replica.live.throttle)) return;
  replica.live.throttle = group.throttle;
  replica.live.throttle.throttled_us =
      static_cast<std::uint64_t>(part * static_cast<double>(group.throttle.throttled_us));
  replica.throttled_by = {group.limits.cpu_limit, level};
  replica.used_of_limit_us = group.cpu_us;
}

// A kubelet gives a container without a limit of its own that of its pod, so the kernel enforces it on both.
LimitLevel WhoseLimit(const Replica& replica, std::int64_t Amounts::* resource) {
  const bool of_pod =
      replica.spec && replica.spec->limit.*resource == 0 && replica.spec->pod_limit.*resource > 0;
  return of_pod ? LimitLevel::kPod : LimitLevel::kContainer;
}

void LookAbove(const CgroupsAbove& above, Replica& replica) {
  replica.cpu_limit = replica.memory_limit = {};
  replica.used_of_limit_us = replica.live.cpu_us;
  Tighten(replica.cpu_limit, replica.limits.cpu_limit, WhoseLimit(replica, &Amounts::cpu));
  Tighten(replica.memory_limit, replica.limits.memory_limit, WhoseLimit(replica, &Amounts::memory));
  if (replica.live.throttle.throttled_periods > 0)
    replica.throttled_by = {replica.limits.cpu_limit, WhoseLimit(replica, &Amounts::cpu)};
  above.ForEach(replica.path, [&](const CgroupsAbove::Group& group) {
    const LimitLevel level = group.is_pod ? LimitLevel::kPod : LimitLevel::kSlice;
    Tighten(replica.cpu_limit, group.limits.cpu_limit, level);
    Tighten(replica.memory_limit, group.limits.memory_limit, level);
    StopWith(group, level, replica);
  });
  if (!replica.spec) return;
  // Where no agent tells of its pod's cgroup.
  Tighten(replica.cpu_limit, replica.spec->pod_limit.cpu, LimitLevel::kPod);
  Tighten(replica.memory_limit, replica.spec->pod_limit.memory, LimitLevel::kPod);
}

// `capacity` is what the node had when the window ended.
void Learn(Replica& replica, const wire::ContainerWindow& window, const wire::NodeCapacity& capacity) {
  replica.recent.Add(Recent(replica.live, replica.used_of_limit_us));
  std::span<const wire::CpuWindow::Bin> bins;
  if (window.cpu) bins = BinsWithin(capacity, window.cpu->one_second);
  replica.usage.AddCpu(CpuOf(replica.live, bins, OwnLimit(replica.cpu_limit)));
  if (replica.memory.current <= 0) return;
  replica.usage.AddMemory(MemoryOf(replica, window));
  // The most that a window saw: what grows and is killed between two ends of windows is seen too.
  const Bytes most = std::max(replica.memory.peak, replica.memory.current) - replica.memory.inactive_file;
  replica.working_set.Add(replica.live.end, static_cast<double>(std::max<Bytes>(most, 0)));
}

void Count(const wire::ContainerWindow& window, Container& container) {
  using enum wire::Counter;
  wire::Counters& totals = container.counters;
  for (const auto& [counter, by] : window.counters) totals[counter] += by;
  if (window.throttle) totals[kThrottleEpisodes] += window.throttle->episodes;
  if (window.exits) {
    totals[kProcessExits] += window.exits->exits;
    totals[kProcessExitCpuUs] += window.exits->cpu_us;
    container.exited = std::max(container.exited, window.exits->largest_rss);
  }
  if (window.io) {
    totals[kIoReadBytes] += window.io->read_bytes;
    totals[kIoWrittenBytes] += window.io->written_bytes;
    totals[kIoReads] += window.io->reads;
    totals[kIoWrites] += window.io->writes;
  }
  if (!window.memory_events) return;
  const wire::MemoryEventsWindow& memory = *window.memory_events;
  totals[kMemoryLow] += memory.low;
  totals[kMemoryHigh] += memory.high;
  totals[kMemoryMax] += memory.max;
  totals[kMemoryOom] += memory.oom;
  totals[kMemoryOomKill] += memory.oom_kill;
  totals[kMemoryOomGroupKill] += memory.oom_group_kill;
  totals[kReclaimStalls] += memory.reclaim_stalls;
  totals[kReclaimStallUs] += memory.reclaim_stall_us;
}

void Sum(const Replica& replica, Container& container) {
  const LiveWindow& live = replica.live;
  container.last_seen = std::max(container.last_seen, live.end);
  container.cpu_us += live.cpu_us;
  container.periods += live.throttle.periods;
  container.throttled_periods += live.throttle.throttled_periods;
  container.throttled_us += live.throttle.throttled_us;
  container.peak = std::max(container.peak, replica.memory.peak);
}

}  // namespace

void Measure(Registry& registry, ReplicaId id, const wire::ContainerWindow& window, Wall end,
             Duration length) {
  Replica& replica = registry.replica(id);
  Container& container = registry.container(replica.container);
  CloseHour(container, end);
  CloseSlot(registry, container, end);
  Believe(replica, window, end, length);
  LookAbove(registry.node(replica.node).above, replica);
  Learn(replica, window, registry.node(replica.node).told.At(end));
  Sum(replica, container);
  Count(window, container);
  registry.Changed(container);
}

void Unmeasured(Registry& registry, Replica& replica, Wall end) {
  replica.live = {};
  replica.live.end = end;
  registry.Changed(registry.container(replica.container));
}

}  // namespace loadline::collector
