#include "agent/window/cgroup_window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <random>
#include <vector>

#include "schemas/base/cpu_buckets.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

CgroupCounters Cpu(const CpuCounters& cpu) {
  CgroupCounters counters;
  counters.cpu = cpu;
  return counters;
}
CgroupCounters Memory(const MemoryCounters& memory) {
  CgroupCounters counters;
  counters.memory = memory;
  return counters;
}

TEST(CgroupWindow, CountingBeginsAtTheFirstSample) {
  CgroupWindow window(false);
  window.Add(Cpu({.usage_ns = 5'000'000'000, .periods = 100}), 0s);
  EXPECT_EQ(window.Close(false, 0), std::nullopt);
  window.Add(Cpu({.usage_ns = 5'100'000'000, .periods = 110}), 1s);
  const auto closed = window.Close(false, 0);
  EXPECT_EQ(closed->cpu->usage_us, 100'000U);
  EXPECT_EQ(closed->throttle->periods, 10U);
}

TEST(CgroupWindow, OfACgroupSeenBeingBornCountsFromZero) {
  CgroupWindow window(true);
  window.Add(Cpu({.usage_ns = 40'000'000}), 1s);
  EXPECT_EQ(window.Close(false, 0)->cpu->usage_us, 40'000U);
}

CgroupCounters Last(std::uint64_t usage_ns, Bytes peak) {
  CgroupCounters counters;
  counters.used = LastReading{.usage_ns = usage_ns, .memory_peak = peak};
  return counters;
}

TEST(CgroupWindow, WhatLivedBetweenTwoSamplesIsCounted) {
  CgroupWindow window(true);
  window.Add(Last(300'000'000, 5 * kMiB), 1s);
  const auto closed = window.Close(false, 0);
  EXPECT_EQ(closed->cpu->usage_us, 300'000U);
  EXPECT_THAT(closed->cpu->one_second,
              ElementsAre(wire::CpuWindow::Bin{static_cast<std::uint8_t>(CpuBucketOf(0.3)), 1}));
  EXPECT_EQ(closed->memory->peak, 5 * kMiB);
}

TEST(CgroupWindow, WhatWasUsedAfterTheLastSampleIsCountedOnce) {
  CgroupWindow window(false);
  window.Add(Cpu({.usage_ns = 1'000'000'000}), 0s);
  window.Add(Memory({.current = kMiB, .peak = 2 * kMiB}), 1s);
  window.Add(Last(1'200'000'000, 3 * kMiB), 1s);
  window.Add(Last(1'100'000'000, 0), 1s);  // another hierarchy, which knows less
  const auto closed = window.Close(false, 0);
  EXPECT_EQ(closed->cpu->usage_us, 200'000U);
  EXPECT_EQ(closed->memory->peak, 3 * kMiB);
}

TEST(CgroupWindow, OfAnOlderCgroupThatWasNeverSampledNothingIsKnown) {
  CgroupWindow window(false);
  window.Add(Last(1'200'000'000, 3 * kMiB), 1s);
  EXPECT_EQ(window.Close(false, 0), std::nullopt);
}

TEST(CgroupWindow, EachSecondIsASampleInItsBucket) {
  CgroupWindow window(false);
  std::uint64_t used = 0;
  window.Add(Cpu({.usage_ns = used}), 0s);
  for (const std::uint64_t milli : {1000, 0, 250, 250, 0}) {
    used += milli * 1'000'000;
    window.Add(Cpu({.usage_ns = used}), 1s);
  }
  const auto quarter = static_cast<std::uint8_t>(CpuBucketOf(0.25));
  const auto one = static_cast<std::uint8_t>(CpuBucketOf(1));
  EXPECT_THAT(window.Close(false, 5)->cpu->one_second,
              ElementsAre(wire::CpuWindow::Bin{0, 2}, wire::CpuWindow::Bin{quarter, 2},
                          wire::CpuWindow::Bin{one, 1}));
}

TEST(CgroupWindow, ALateSampleIsSpreadOverItsTime) {
  CgroupWindow window(false);
  window.Add(Cpu({.usage_ns = 0}), 0s);
  window.Add(Cpu({.usage_ns = 2'000'000'000}), 4s);
  EXPECT_EQ(window.Close(false, 0)->cpu->one_second.at(0).bucket, CpuBucketOf(0.5));
}

TEST(CgroupWindow, InWhichNothingChangedIsNothing) {
  CgroupWindow window(false);
  CgroupCounters same = Cpu({.usage_ns = 7, .quota_us = 10'000});
  same.memory = MemoryCounters{.current = kMiB, .peak = 2 * kMiB, .limit = 4 * kMiB};
  same.processes = 3;
  window.Add(same, 0s);
  EXPECT_TRUE(window.Close(false, 0));
  for (int second = 0; second < 10; ++second) window.Add(same, 1s);
  EXPECT_FALSE(window.moved());
  EXPECT_EQ(window.Close(false, 0), std::nullopt);
}

TEST(CgroupWindow, PeakIsTheHighestSampleOfTheWindow) {
  CgroupWindow window(false);
  for (const Bytes mib : {10, 30, 20}) window.Add(Memory({.current = mib * kMiB}), 1s);
  auto memory = window.Close(false, 0)->memory;
  EXPECT_EQ(memory->current, 20 * kMiB);
  EXPECT_EQ(memory->peak, 30 * kMiB);
  window.Add(Memory({.current = 20 * kMiB}), 1s);
  EXPECT_EQ(window.Close(false, 0)->memory->peak, 20 * kMiB);
}

// The window after it has nothing new, and yet another peak.
TEST(CgroupWindow, APeakIsTakenBackInTheWindowAfterItAndSaidOnce) {
  CgroupWindow window(false);
  window.Add(Memory({.current = 100}), 0s);
  window.Close(false, 1);
  window.Add(Memory({.current = 900}), 1s);
  window.Add(Memory({.current = 100}), 1s);
  EXPECT_EQ(window.Close(false, 2)->memory->peak, 900);
  window.Add(Memory({.current = 100}), 1s);
  EXPECT_EQ(window.Close(false, 1)->memory->peak, 100);
  for (int idle = 0; idle < 3; ++idle) {
    window.Add(Memory({.current = 100}), 1s);
    EXPECT_EQ(window.Close(false, 1), std::nullopt);
  }
}

// Without a sample of memory nothing is said of it; the peak is taken back when there is one again.
TEST(CgroupWindow, APeakIsTakenBackAfterWindowsWithoutASample) {
  CgroupWindow window(false);
  window.Add(Memory({.current = 900}), 0s);
  window.Add(Memory({.current = 100}), 1s);
  EXPECT_EQ(window.Close(false, 2)->memory->peak, 900);
  EXPECT_EQ(window.Close(false, 0), std::nullopt);
  EXPECT_EQ(window.Close(false, 0), std::nullopt);
  window.Add(Memory({.current = 100}), 1s);
  EXPECT_EQ(window.Close(false, 1)->memory->peak, 100);
}

// After a while of which nothing was to be said, everything that comes is.
TEST(CgroupWindow, AnIdleOneSaysWhateverComes) {
  const auto idle = [] {
    CgroupWindow window(true);
    window.Add(Cpu({.usage_ns = 1'000'000}), 1s);
    window.Add(Memory({.current = 100}), 1s);
    window.AddPressure(PressureCounters{});
    window.AddIo({});
    while (window.Close(false, 1)) {
    }
    EXPECT_EQ(window.Close(false, 1), std::nullopt);
    return window;
  };
  CgroupWindow cpu = idle();
  cpu.Add(Cpu({.usage_ns = 3'000'000}), 1s);
  EXPECT_EQ(cpu.Close(false, 1)->cpu->usage_us, 2000U);
  CgroupWindow limited = idle();
  limited.Add(Memory({.current = 100, .limit = 500}), 1s);
  EXPECT_EQ(limited.Close(false, 1)->limits->memory_limit, 500);
  CgroupWindow stalled = idle();
  stalled.AddPressure(PressureCounters{.io_some_us = 7});
  EXPECT_EQ(stalled.Close(false, 1)->pressure->io_some_us, 7U);
  CgroupWindow written = idle();
  written.AddIo({.written_bytes = 9});
  EXPECT_EQ(written.Close(false, 1)->io->written_bytes, 9U);
  CgroupWindow busy = idle();
  CgroupCounters more;
  more.processes = 3;
  more.memory = MemoryCounters{.current = 100};
  busy.Add(more, 1s);
  EXPECT_EQ(busy.Close(false, 1)->processes, 3U);
  CgroupWindow ended = idle();
  ended.Add(Last(5'000'000, 100), 1s);
  EXPECT_EQ(ended.Close(false, 1)->cpu->usage_us, 4000U);
}

TEST(CgroupWindow, PeakBetweenTwoSamplesIsSeenByTheKernel) {
  CgroupWindow window(false);
  window.Add(Memory({.current = 10 * kMiB, .peak = 50 * kMiB}), 1s);  // the 50 were before our time
  window.Add(Memory({.current = 11 * kMiB, .peak = 50 * kMiB}), 1s);
  EXPECT_EQ(window.Close(false, 0)->memory->peak, 11 * kMiB);
  window.Add(Memory({.current = 11 * kMiB, .peak = 60 * kMiB}), 1s);
  EXPECT_EQ(window.Close(false, 0)->memory->peak, 60 * kMiB);
}

TEST(CgroupWindow, WithoutASampleSaysNothingOfMemory) {
  CgroupWindow window(false);
  window.Add(Memory({.current = kMiB}), 1s);
  EXPECT_TRUE(window.Close(false, 0));
  EXPECT_EQ(window.Close(false, 0), std::nullopt);
}

TEST(CgroupWindow, LimitsAreSaidWhenTheyChange) {
  CgroupWindow window(false);
  window.Add(Cpu({.quota_us = 20'000, .period_us = 100'000, .weight = 102, .weight_is_shares = true}), 1s);
  EXPECT_EQ(window.Close(false, 0)->limits, (wire::CgroupLimits{.cpu_limit = 200, .cpu_request = 100}));
  window.Add(Cpu({.quota_us = 30'000, .period_us = 100'000, .weight = 102, .weight_is_shares = true}), 1s);
  EXPECT_EQ(window.Close(false, 0)->limits->cpu_limit, 300);
}

TEST(CgroupWindow, DefaultWeightIsARequestInKubernetesOnly) {
  for (const bool in_kubernetes : {false, true}) {
    CgroupWindow window(false);
    window.Add(Cpu({.quota_us = 100'000, .weight = 1024, .weight_is_shares = true}), 1s);
    EXPECT_EQ(window.Close(in_kubernetes, 0)->limits->cpu_request, in_kubernetes ? 1000 : 0);
  }
}

MilliCores RequestOf(std::uint64_t weight, std::uint64_t limit_milli = 0) {
  CgroupWindow window(false);
  window.Add(Cpu({.usage_ns = 1, .quota_us = limit_milli * 100, .period_us = 100'000, .weight = weight}), 1s);
  window.Add(Memory({.current = kMiB}), 1s);
  return window.Close(true, 0)->limits.value_or(wire::CgroupLimits{}).cpu_request;
}

TEST(CgroupWindow, WeightsOfV2AreTurnedBackIntoRequests) {
  const auto guesses = [](std::initializer_list<std::uint64_t> weights) {
    std::vector<MilliCores> requests;
    for (const std::uint64_t weight : weights) requests.push_back(RequestOf(weight));
    return requests;
  };
  // runc since 1.3.2, of 100m, 250m ...
  EXPECT_THAT(guesses({17, 35, 59, 100, 174, 303}), ElementsAre(100, 250, 500, 1000, 2000, 4000));
  // Before, of 200m, 500m, 1000m ...: no request of the newer formula's is as round.
  EXPECT_THAT(guesses({8, 20, 39, 79, 157}), ElementsAre(200, 500, 1000, 2000, 4000));
  EXPECT_THAT(guesses({0, 1}), ElementsAre(0, 0));
  EXPECT_EQ(RequestOf(10'000), 256'000);
}

TEST(CgroupWindow, RequestIsTheLimitWhereTheWeightMayMeanIt) {
  EXPECT_EQ(RequestOf(4), 10);  // as round as 100m of the older formula
  EXPECT_EQ(RequestOf(4, 100), 100);
  EXPECT_EQ(RequestOf(4, 12), 12);
  EXPECT_EQ(RequestOf(4, 400), 10);
}

TEST(CgroupWindow, SharesOfV1AreTurnedBackExactly) {
  for (const MilliCores request : {3, 10, 77, 100, 250, 333, 999, 1000, 7321}) {
    CgroupWindow window(false);
    const auto shares = static_cast<std::uint64_t>(request) * 1024 / 1000;
    window.Add(Cpu({.quota_us = 100'000, .weight = shares, .weight_is_shares = true}), 1s);
    EXPECT_EQ(window.Close(true, 0)->limits->cpu_request, request);
  }
}

TEST(CgroupWindow, ACounterMadeAnewCountsFromZero) {
  CgroupWindow window(false);
  window.Add(Cpu({.usage_ns = 9'000'000'000}), 1s);
  window.Add(Cpu({.usage_ns = 30'000'000}), 1s);
  EXPECT_EQ(window.Close(false, 0)->cpu->usage_us, 30'000U);
}

TEST(CgroupWindow, ACounterReadALittleBackIsNotCountedTwice) {
  CgroupWindow window(false);
  std::uint64_t sum = 0;
  for (const std::uint64_t read : {1'000'000, 1'500'000, 1'499'000, 2'000'000}) {
    window.Add(Cpu({.usage_ns = read * 1000}), 1s);
    const auto closed = window.Close(false, 0);
    if (closed && closed->cpu) sum += closed->cpu->usage_us;
  }
  EXPECT_EQ(sum, 1'000'000U);
}

TEST(CgroupWindow, WhatLivedTooBrieflyIsKnownByItsExits) {
  CgroupWindow window(true);
  CgroupCounters last;
  last.probes = ProbeCounters{.exits = 3, .exits_cpu_ns = 12'000'000, .exits_largest_rss = kMiB};
  window.Add(last, 1s);
  const auto closed = window.Close(false, 0);
  EXPECT_EQ(closed->exits, (wire::ExitWindow{.exits = 3, .cpu_us = 12'000, .largest_rss = kMiB}));
  EXPECT_EQ(closed->memory, std::nullopt);
}

TEST(CgroupWindow, WhatProbesCountIsToldByWhatItGrew) {
  CgroupWindow window(false);
  CgroupCounters counters;
  counters.probes.emplace().counters[wire::Counter::kRunQueueWaits] = 5;
  window.Add(counters, 1s);
  counters.probes->counters[wire::Counter::kRunQueueWaits] = 7;
  window.Add(counters, 1s);
  wire::SomeCounters seven;
  seven[wire::Counter::kRunQueueWaits] = 7;
  EXPECT_EQ(window.Close(false, 0)->counters, seven);
  counters.probes->throttle_episodes_ns = 1;  // something else moved
  window.Add(counters, 1s);
  EXPECT_EQ(window.Close(false, 0), std::nullopt);
}

TEST(CgroupWindow, PressureOfTheFirstReadingIsWhereCountingBegins) {
  CgroupWindow window(false);
  EXPECT_TRUE(window.may_stall());
  window.AddPressure(PressureCounters{.cpu_some_us = 500});
  EXPECT_EQ(window.Close(false, 0), std::nullopt);
  window.AddPressure(PressureCounters{.cpu_some_us = 800, .io_full_us = 7});
  EXPECT_EQ(window.Close(false, 0)->pressure, (wire::PressureWindow{.cpu_some_us = 300, .io_full_us = 7}));
}

TEST(CgroupWindow, BlockIoIsWhatGrewInTheWindow) {
  CgroupWindow old(false);
  old.AddIo({.read_bytes = 4096, .reads = 1});
  EXPECT_EQ(old.Close(false, 0), std::nullopt) << "it was there before";
  old.AddIo({.read_bytes = 12'288, .written_bytes = 512, .reads = 3, .writes = 1});
  EXPECT_EQ(old.Close(false, 0)->io,
            (wire::IoWindow{.read_bytes = 8192, .written_bytes = 512, .reads = 2, .writes = 1}));
  EXPECT_EQ(old.Close(false, 0), std::nullopt);
  CgroupWindow born(true);
  born.AddIo({.written_bytes = 100, .writes = 1});
  EXPECT_EQ(born.Close(false, 0)->io, (wire::IoWindow{.written_bytes = 100, .writes = 1}));
}

TEST(CgroupWindow, WhatIsSwappedOutIsToldBesideWhatIsInMemory) {
  CgroupWindow window(true);
  CgroupCounters counters;
  counters.memory = MemoryCounters{.current = 3 * kMiB, .swap = kMiB};
  window.Add(counters, 1s);
  EXPECT_EQ(window.Close(false, 0)->memory->swap, kMiB);
  counters.memory->swap = 2 * kMiB;
  window.Add(counters, 1s);
  const auto closed = window.Close(false, 0);
  EXPECT_EQ(closed->memory->swap, 2 * kMiB);
  EXPECT_EQ(closed->memory->current, 3 * kMiB);
}

// Truth: whatever the pace and wherever the windows are cut, the sums are the kernel's counters.
TEST(CgroupWindow, SumsOverManyWindowsAreTheKernelsCounters) {
  std::mt19937_64 random(20260101);
  const auto upto = [&random](std::uint64_t most) { return random() % (most + 1); };
  CgroupWindow window(true);
  CgroupCounters kernel = Cpu({});
  kernel.memory.emplace();
  kernel.probes.emplace();
  PressureCounters pressure;
  std::uint64_t usage = 0, throttled = 0, periods = 0, throttled_periods = 0, oom_kills = 0, max_events = 0;
  std::uint64_t refaults = 0, exits = 0, exits_cpu = 0, wait = 0, some = 0, full = 0, samples = 0;
  for (int second = 1; second <= 20'000; ++second) {
    kernel.cpu->usage_ns += upto(3'000'000'000) * (random() % 4 == 0);
    kernel.cpu->throttled_ns += upto(90'000'000'000);
    kernel.cpu->periods += upto(10);
    kernel.cpu->throttled_periods += upto(10);
    kernel.memory->events_oom_kill += upto(2);
    kernel.memory->events_max += upto(1'000'000);
    kernel.memory->refaults += upto(3'000'000'000);  // more than 32 bits hold in a window
    kernel.probes->exits += upto(40);
    kernel.probes->exits_cpu_ns += upto(1'000'000'000);
    kernel.probes->run_queue_wait_ns += upto(1'000'000'000);
    pressure.cpu_some_us += upto(1'000'000);
    pressure.memory_full_us += upto(1'000'000);
    window.Add(kernel, 1s);
    if (random() % 10 == 0) window.AddPressure(pressure);
    if (random() % 10 != 0 && second < 19'900) continue;
    window.AddPressure(pressure);
    const auto closed = window.Close(false, 0);
    if (!closed) continue;
    if (closed->cpu) {
      usage += closed->cpu->usage_us, wait += closed->cpu->run_queue_wait_us;
      for (const auto& bin : closed->cpu->one_second) samples += bin.count;
    }
    const auto throttle = closed->throttle.value_or(wire::ThrottleWindow{});
    throttled += throttle.throttled_us, periods += throttle.periods;
    throttled_periods += throttle.throttled_periods;
    const auto events = closed->memory_events.value_or(wire::MemoryEventsWindow{});
    oom_kills += events.oom_kill, max_events += events.max, refaults += events.refaults;
    const auto ended = closed->exits.value_or(wire::ExitWindow{});
    exits += ended.exits, exits_cpu += ended.cpu_us;
    const auto stalled = closed->pressure.value_or(wire::PressureWindow{});
    some += stalled.cpu_some_us, full += stalled.memory_full_us;
  }
  EXPECT_EQ(usage, kernel.cpu->usage_ns / 1000);
  EXPECT_EQ(throttled, kernel.cpu->throttled_ns / 1000);
  EXPECT_EQ(periods, kernel.cpu->periods);
  EXPECT_EQ(throttled_periods, kernel.cpu->throttled_periods);
  EXPECT_EQ(oom_kills, kernel.memory->events_oom_kill);
  EXPECT_EQ(max_events, kernel.memory->events_max);
  EXPECT_EQ(exits, kernel.probes->exits);
  EXPECT_EQ(exits_cpu, kernel.probes->exits_cpu_ns / 1000);
  EXPECT_EQ(wait, kernel.probes->run_queue_wait_ns / 1000);
  EXPECT_EQ(some, pressure.cpu_some_us);
  EXPECT_EQ(full, pressure.memory_full_us);
  EXPECT_GT(samples, 15'000U);
  // What did not fit into 32 bits is still on its way, and nothing else is.
  while (const auto closed = window.Close(false, 0)) refaults += closed->memory_events->refaults;
  EXPECT_EQ(refaults, kernel.memory->refaults);
}

TEST(CgroupWindow, BurstsAreCountedAndAreNoThrottling) {
  CgroupWindow window(false);
  window.Add(Cpu({.burst_us = 20'000, .bursts = 5, .burst_used_ns = 1'000'000}), 0s);
  (void)window.Close(false, 0);
  window.Add(Cpu({.burst_us = 20'000, .bursts = 7, .burst_used_ns = 1'500'000}), 1s);
  const auto closed = window.Close(false, 0);
  wire::SomeCounters grown;
  grown[wire::Counter::kCpuBursts] = 2;
  grown[wire::Counter::kCpuBurstUs] = 500;
  EXPECT_EQ(closed->counters, grown);
  EXPECT_FALSE(closed->throttle);
}

TEST(CgroupWindow, WhatItIsAllottedIsSaidWhenItChanges) {
  using Pages = wire::HugePagesWindow;
  CgroupWindow window(false);
  EXPECT_TRUE(window.is_new_to_allotment());
  window.Add(Cpu({.burst_us = 9}), 0s);
  window.AddAllotment({.cpus = 2, .huge_pages = Pages{.held = kMiB}});
  EXPECT_FALSE(window.is_new_to_allotment());
  const auto first = window.Close(false, 0);
  EXPECT_EQ(first->cpu_bounds, (wire::CpuBounds{.cpus = 2, .burst_us = 9}));
  EXPECT_EQ(first->huge_pages, Pages{.held = kMiB});
  window.AddAllotment({.cpus = 2, .huge_pages = Pages{.held = kMiB}});
  EXPECT_EQ(window.Close(false, 0), std::nullopt);
  window.AddAllotment({.cpus = 2, .huge_pages = Pages{}});
  const auto last = window.Close(false, 0);
  EXPECT_EQ(last->huge_pages, Pages{}) << "it has given them back";
  EXPECT_FALSE(last->cpu_bounds);
}

TEST(CgroupWindow, OfOneSeenBeingBornTheFirstLookIsNotTrusted) {
  CgroupWindow window(true);
  window.AddAllotment({.cpus = 8});
  EXPECT_TRUE(window.is_new_to_allotment());
  window.AddAllotment({.cpus = 2});
  EXPECT_FALSE(window.is_new_to_allotment());
}

TEST(CgroupWindow, OfWhatIsNotKnownNothingIsSaid) {
  CgroupWindow window(false);
  window.Add(Cpu({}), 0s);
  window.AddAllotment({});
  EXPECT_EQ(window.Close(false, 0), std::nullopt);
}

}  // namespace
}  // namespace loadline::agent
