#include "agent/window/cgroup_window.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "agent/window/cpu_request.h"
#include "agent/window/delta.h"
#include "schemas/base/cpu_buckets.h"

namespace loadline::agent {
namespace {

constexpr std::uint64_t kNsPerUs = 1000;

// Adds the growth of each pair to its sum; `only_base` just moves on.
struct Growth {
  bool only_base;
  bool any = false;
  void operator()(std::uint64_t& last, std::uint64_t now, std::uint64_t& sum) {
    const std::uint64_t grown = Grow(last, now);
    if (only_base || grown == 0) return;
    sum += grown;
    any = true;
  }
};

// The growth of these members since the last reading, of files that are read now and then. Whether there is any.
template <typename Counters>
bool AddGrowth(const Counters& now, bool from_birth, std::optional<Counters>& last, Counters& grown,
               std::initializer_list<std::uint64_t Counters::*> members) {
  Growth grow{.only_base = !last && !from_birth};
  if (!last) last.emplace();
  for (const auto member : members) grow((*last).*member, now.*member, grown.*member);
  return grow.any;
}

}  // namespace

void CgroupWindow::Add(const CgroupCounters& counters, Duration elapsed) {
  if (counters.cpu) AddCpu(*counters.cpu, elapsed);
  if (counters.memory) AddMemory(*counters.memory);
  if (counters.probes) AddProbes(*counters.probes);
  if (counters.processes && *counters.processes != processes_) {
    processes_ = *counters.processes;
    touched_ = true;
  }
  if (counters.used) AddLast(*counters.used, elapsed);
}

void CgroupWindow::AddCpu(const CpuCounters& cpu, Duration elapsed) {
  if (sampled_cpu_ && cpu == last_cpu_) return;
  touched_ = true;
  Growth grow{.only_base = !sampled_cpu_ && !from_birth_};
  const std::uint64_t before = cpu_grown_.usage;
  grow(cpu_.usage, cpu.usage_ns / kNsPerUs, cpu_grown_.usage);
  grow(cpu_.periods, cpu.periods, cpu_grown_.periods);
  grow(cpu_.throttled_periods, cpu.throttled_periods, cpu_grown_.throttled_periods);
  grow(cpu_.throttled, cpu.throttled_ns / kNsPerUs, cpu_grown_.throttled);
  grow(cpu_.bursts, cpu.bursts, cpu_grown_.bursts);
  grow(cpu_.burst, cpu.burst_used_ns / kNsPerUs, cpu_grown_.burst);
  if (grow.any) moved_ = true;
  if (!grow.only_base && elapsed > Duration::zero()) {
    CountSamples(static_cast<double>(cpu_grown_.usage - before) / 1e6 / Seconds(elapsed), 1);
  }
  sampled_cpu_ = true;
  last_cpu_ = cpu;
}

void CgroupWindow::CountSamples(double cores, std::uint32_t count) {
  counted_ += count;
  const auto bucket = static_cast<std::uint8_t>(CpuBucketOf(cores));
  auto place = std::ranges::lower_bound(samples_, bucket, {}, &wire::CpuWindow::Bin::bucket);
  if (place == samples_.end() || place->bucket != bucket) place = samples_.insert(place, {bucket, 0});
  place->count = static_cast<std::uint8_t>(std::min(255U, place->count + count));
}

void CgroupWindow::AddMemory(const MemoryCounters& memory) {
  if (sampled_memory_ && memory == last_memory_) {
    memory_now_.peak = std::max(memory_now_.peak, memory.current);
    memory_is_new_ = true;
    touched_ = touched_ || memory_now_ != memory_said_;
    return;
  }
  touched_ = true;
  Growth grow{.only_base = !sampled_memory_ && !from_birth_};
  grow(memory_.low, memory.events_low, memory_grown_.low);
  grow(memory_.high, memory.events_high, memory_grown_.high);
  grow(memory_.max, memory.events_max, memory_grown_.max);
  grow(memory_.oom, memory.events_oom, memory_grown_.oom);
  grow(memory_.oom_kill, memory.events_oom_kill, memory_grown_.oom_kill);
  grow(memory_.oom_group_kill, memory.events_oom_group_kill, memory_grown_.oom_group_kill);
  grow(memory_.refaults, memory.refaults, memory_grown_.refaults);
  if (grow.any || memory.current != memory_now_.current) moved_ = true;

  Bytes peak = std::max(memory_now_.peak, memory.current);
  // The kernel's own peak has grown, so it was reached between two samples.
  if (!grow.only_base && memory.peak > memory_.peak) peak = std::max(peak, memory.peak);
  memory_.peak = memory.peak;
  memory_now_ = {.current = memory.current,
                 .peak = peak,
                 .anon = memory.anon,
                 .file = memory.file,
                 .kernel = memory.kernel,
                 .shmem = memory.shmem,
                 .inactive_file = memory.inactive_file,
                 .swap = memory.swap};
  last_memory_ = memory;
  sampled_memory_ = true;
  memory_is_new_ = true;
}

void CgroupWindow::AddProbes(const ProbeCounters& probes) {
  if (probes == last_probes_) return;
  touched_ = true;
  last_probes_ = probes;
  Growth grow{.only_base = false};
  grow(probes_.episodes, probes.throttle_episodes, probes_grown_.episodes);
  grow(probes_.run_queue_wait, probes.run_queue_wait_ns / kNsPerUs, probes_grown_.run_queue_wait);
  grow(probes_.stalls, probes.reclaim_stalls, probes_grown_.stalls);
  grow(probes_.stall, probes.reclaim_stall_ns / kNsPerUs, probes_grown_.stall);
  grow(probes_.exits, probes.exits, probes_grown_.exits);
  grow(probes_.exits_cpu, probes.exits_cpu_ns / kNsPerUs, probes_grown_.exits_cpu);
  for (const auto& [counter, count] : probes.counters) {
    if (const std::uint64_t grown = Grow(counters_[counter], count); grown > 0)
      counters_grown_[counter] += grown;
  }
  probes_grown_.longest = std::max(probes_grown_.longest, probes.throttle_longest_ns / kNsPerUs);
  probes_grown_.largest_rss = std::max(probes_grown_.largest_rss, probes.exits_largest_rss);
}

// It is gone: what it had used since its last sample, or since its birth. Two hierarchies may tell the same.
void CgroupWindow::AddLast(const LastReading& used, Duration elapsed) {
  touched_ = true;
  const std::uint64_t usage = used.usage_ns.value_or(0) / kNsPerUs;
  if ((sampled_cpu_ || from_birth_) && usage > cpu_.usage) {
    const std::uint64_t grown = usage - std::exchange(cpu_.usage, usage);
    cpu_grown_.usage += grown;
    moved_ = true;
    if (elapsed > Duration::zero()) CountSamples(static_cast<double>(grown) / 1e6 / Seconds(elapsed), 1);
  }
  // Where the kernel's peak was never read, that of an older cgroup may have been reached at any time.
  const Bytes peak = used.memory_peak.value_or(0);
  if ((memory_.peak > 0 || from_birth_) && peak > memory_.peak) {
    memory_.peak = peak;
    memory_now_.peak = std::max(memory_now_.peak, peak);
    memory_is_new_ = true;
  }
}

void CgroupWindow::AddPressure(const std::optional<PressureCounters>& now) {
  using Counters = PressureCounters;
  asked_for_pressure_ = true;
  stalled_ = false;
  if (!now) return;
  // What the first reading finds may still go on. The kernel brings the totals up to date for every reader, so where
  // they are zero nobody has ever stalled.
  const bool may_go_on = !pressure_ && *now != Counters{};
  const bool grown = AddGrowth(*now, from_birth_, pressure_, pressure_grown_,
                               {&Counters::cpu_some_us, &Counters::cpu_full_us, &Counters::memory_some_us,
                                &Counters::memory_full_us, &Counters::io_some_us, &Counters::io_full_us});
  stalled_ = may_go_on || grown;
  touched_ = touched_ || grown;
}

void CgroupWindow::AddIo(const IoCounters& now) {
  const bool grown = AddGrowth(
      now, from_birth_, io_, io_grown_,
      {&IoCounters::read_bytes, &IoCounters::written_bytes, &IoCounters::reads, &IoCounters::writes});
  touched_ = touched_ || grown;
}

void CgroupWindow::AddAllotment(const Allotment& allotted) {
  touched_ = true;  // It comes rarely.
  allotted_ = allotted;
  allotments_ = std::min(allotments_ + 1, 2);
}

MilliCores CgroupWindow::Request(MilliCores limit, bool in_kubernetes) {
  const Asked asked{last_cpu_.weight, last_cpu_.weight_is_shares, limit, in_kubernetes};
  if (asked != asked_) {
    asked_ = asked;
    request_ = GuessRequest(last_cpu_, limit, in_kubernetes);
  }
  return request_;
}

wire::CgroupLimits CgroupWindow::Limits(bool in_kubernetes) {
  wire::CgroupLimits limits;
  if (last_cpu_.quota_us > 0 && last_cpu_.period_us > 0) {
    limits.cpu_limit = static_cast<MilliCores>(last_cpu_.quota_us * 1000 / last_cpu_.period_us);
  }
  limits.cpu_request = Request(limits.cpu_limit, in_kubernetes);
  limits.memory_limit = last_memory_.limit;
  limits.memory_high = last_memory_.high;
  limits.memory_request = std::max(last_memory_.min, last_memory_.low);
  return limits;
}

std::optional<wire::ContainerWindow> CgroupWindow::Close(bool in_kubernetes, std::uint32_t samples) {
  // Most cgroups of a node are idle: nothing came, and all was said.
  if (!touched_) {
    counted_ = 0;
    memory_is_new_ = false;
    memory_now_.peak = 0;
    return std::nullopt;
  }
  wire::ContainerWindow out;
  bool any = false;
  // A part of which everything is zero is left out.
  const auto keep = [&any]<typename Part>(auto& place, const Part& part) {
    if (part == Part{}) return;
    place = part;
    any = true;
  };

  if (sampled_cpu_ && samples > counted_) CountSamples(0, samples - counted_);
  counted_ = 0;
  const std::uint32_t usage = Take(cpu_grown_.usage);
  const std::uint32_t wait = Take(probes_grown_.run_queue_wait);
  if (usage > 0 || wait > 0) keep(out.cpu, wire::CpuWindow{usage, samples_, wait});
  samples_.clear();

  wire::ThrottleWindow throttle{.periods = Take(cpu_grown_.periods),
                                .throttled_periods = Take(cpu_grown_.throttled_periods),
                                .throttled_us = std::exchange(cpu_grown_.throttled, 0),
                                .episodes = Take(probes_grown_.episodes),
                                .longest_us = Take(probes_grown_.longest)};
  keep(out.throttle, throttle);
  keep(out.memory_events, wire::MemoryEventsWindow{.low = Take(memory_grown_.low),
                                                   .high = Take(memory_grown_.high),
                                                   .max = Take(memory_grown_.max),
                                                   .oom = Take(memory_grown_.oom),
                                                   .oom_kill = Take(memory_grown_.oom_kill),
                                                   .oom_group_kill = Take(memory_grown_.oom_group_kill),
                                                   .refaults = Take(memory_grown_.refaults),
                                                   .reclaim_stalls = Take(probes_grown_.stalls),
                                                   .reclaim_stall_us = Take(probes_grown_.stall)});
  keep(out.pressure, wire::PressureWindow{.cpu_some_us = Take(pressure_grown_.cpu_some_us),
                                          .cpu_full_us = Take(pressure_grown_.cpu_full_us),
                                          .memory_some_us = Take(pressure_grown_.memory_some_us),
                                          .memory_full_us = Take(pressure_grown_.memory_full_us),
                                          .io_some_us = Take(pressure_grown_.io_some_us),
                                          .io_full_us = Take(pressure_grown_.io_full_us)});
  keep(out.io, wire::IoWindow{.read_bytes = std::exchange(io_grown_.read_bytes, 0),
                              .written_bytes = std::exchange(io_grown_.written_bytes, 0),
                              .reads = Take(io_grown_.reads),
                              .writes = Take(io_grown_.writes)});
  keep(out.exits, wire::ExitWindow{.exits = Take(probes_grown_.exits),
                                   .cpu_us = std::exchange(probes_grown_.exits_cpu, 0),
                                   .largest_rss = std::exchange(probes_grown_.largest_rss, 0)});

  if (cpu_grown_.bursts > 0)
    counters_grown_[wire::Counter::kCpuBursts] += std::exchange(cpu_grown_.bursts, 0);
  if (cpu_grown_.burst > 0) counters_grown_[wire::Counter::kCpuBurstUs] += std::exchange(cpu_grown_.burst, 0);
  keep(out.counters, std::exchange(counters_grown_, {}));

  if (memory_is_new_ && (memory_now_ != memory_said_ || processes_ != processes_said_)) {
    out.memory = memory_said_ = memory_now_;
    out.processes = processes_said_ = processes_;
    any = true;
  }
  memory_is_new_ = false;
  memory_now_.peak = 0;
  if (const wire::CgroupLimits limits = Limits(in_kubernetes); limits != limits_said_) {
    out.limits = limits_said_ = limits;
    any = true;
  }
  const auto burst_us = static_cast<std::uint32_t>(std::min<std::uint64_t>(last_cpu_.burst_us, UINT32_MAX));
  if (const wire::CpuBounds bounds{allotted_.cpus, burst_us}; bounds != bounds_said_) {
    out.cpu_bounds = bounds_said_ = bounds;
    any = true;
  }
  if (allotted_.huge_pages != huge_pages_said_ && allotted_.huge_pages) {
    out.huge_pages = huge_pages_said_ = allotted_.huge_pages;
    any = true;
  }
  moved_ = false;
  // What was said once may have to be taken back the next time: a peak is that of its window.
  touched_ = any;
  if (!any) return std::nullopt;
  return out;
}

}  // namespace loadline::agent
