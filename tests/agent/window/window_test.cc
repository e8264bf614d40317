#include "agent/window/window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schemas/base/cpu_buckets.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

CgroupCounters Used(std::uint32_t ref, std::uint64_t usage_ms) {
  CgroupCounters counters{.ref = ref};
  counters.cpu = CpuCounters{.usage_ns = usage_ms * 1'000'000};
  return counters;
}

class WindowTest : public ::testing::Test {
 protected:
  void Sample(std::vector<CgroupCounters> samples) {
    now_ += 1s;
    window_.Add(samples, now_);
  }
  wire::Report Close(bool arrives = true) {
    WindowClosing closing;
    closing.arrives = [arrives](std::uint64_t) { return arrives; };
    return window_.Close(closing);
  }
  static std::vector<std::uint32_t> Named(const wire::Report& report) {
    std::vector<std::uint32_t> refs;
    for (const auto& who : report.identities) refs.push_back(who.ref);
    return refs;
  }
  static std::vector<std::uint32_t> Reported(const wire::Report& report) {
    std::vector<std::uint32_t> refs;
    for (const auto& container : report.containers) refs.push_back(container.ref);
    return refs;
  }

  CgroupTable table_;
  Window window_{table_};
  Mono now_{};
};

TEST_F(WindowTest, ReportsContainersAscendingAndNamesThemOnce) {
  const auto a = table_.Born(0, 1, "/a");
  const auto b = table_.Born(0, 2, "/b");
  Sample({Used(b, 0), Used(a, 0)});
  Sample({Used(b, 10), Used(a, 10)});
  const wire::Report first = Close();
  EXPECT_EQ(first.samples, 1U);
  EXPECT_THAT(Reported(first), ElementsAre(a, b));
  EXPECT_THAT(Named(first), ElementsAre(a, b));
  window_.Sent(1);
  Sample({Used(b, 10), Used(a, 20)});
  const wire::Report second = Close();
  EXPECT_THAT(Reported(second), ElementsAre(a));
  EXPECT_THAT(Named(second), IsEmpty());
}

TEST_F(WindowTest, NamesAreSaidAgainWhenTheirRecordMayNotArrive) {
  const auto a = table_.Born(0, 1, "/a");
  Sample({Used(a, 0)});
  EXPECT_THAT(Named(Close()), ElementsAre(a));
  window_.Sent(1);
  EXPECT_THAT(Named(Close(false)), ElementsAre(a));
  window_.Sent(2);
  EXPECT_THAT(Named(Close(true)), IsEmpty());
}

TEST_F(WindowTest, WhatDiedIsGoneAfterItsLastWindow) {
  const auto a = table_.Born(0, 1, "/a");
  Sample({Used(a, 0)});
  (void)Close();
  window_.Sent(1);
  Sample({Used(a, 70)});
  table_.Died(0, 1);
  const wire::Report last = Close();
  EXPECT_THAT(Reported(last), ElementsAre(a));
  EXPECT_EQ(last.containers[0].cpu->usage_us, 70'000U);
  EXPECT_THAT(last.gone, ElementsAre(a));
  EXPECT_EQ(window_.cgroups(), 0U);
  EXPECT_THAT(Close().gone, IsEmpty());
}

TEST_F(WindowTest, WhatWasBornAndDiedInOneWindowIsNamedCountedAndGone) {
  const auto job = table_.Born(0, 1, "/job");
  window_.Born(job);
  table_.Died(0, 1);
  CgroupCounters last{.ref = job};
  last.probes = ProbeCounters{.exits = 1, .exits_cpu_ns = 5'000'000};
  Sample({last});
  const wire::Report report = Close();
  EXPECT_THAT(Named(report), ElementsAre(job));
  EXPECT_EQ(report.containers.at(0).exits->cpu_us, 5000U);
  EXPECT_THAT(report.gone, ElementsAre(job));
}

TEST_F(WindowTest, WhatCameAndWentWithoutATraceIsNotMentioned) {
  window_.Born(table_.Born(0, 1, "/nothing"));
  table_.Died(0, 1);
  const wire::Report report = Close();
  EXPECT_THAT(report.identities, IsEmpty());
  EXPECT_THAT(report.gone, IsEmpty());
  EXPECT_EQ(window_.cgroups(), 0U);
}

TEST_F(WindowTest, ASecondInWhichACgroupIsLeftOutFoundItIdle) {
  const auto busy = table_.Born(0, 1, "/busy");
  const auto late = table_.Born(0, 2, "/late");
  Sample({Used(busy, 0)});
  (void)Close();
  for (int second = 1; second <= 4; ++second) Sample({});
  window_.Born(late);
  Sample({Used(busy, 500), Used(late, 500)});
  for (int second = 6; second <= 9; ++second) Sample({});
  CgroupCounters ended = Used(late, 500);
  ended.cpu.reset();
  ended.used = LastReading{.usage_ns = 500'000'000};
  Sample({Used(busy, 500), ended});
  table_.Died(0, 2);
  for (int second = 11; second <= 14; ++second) Sample({});
  const wire::Report report = Close();
  const auto half = static_cast<std::uint8_t>(CpuBucketOf(0.5));
  EXPECT_EQ(report.samples, 14U);
  EXPECT_THAT(report.containers.at(0).cpu->one_second,
              ElementsAre(wire::CpuWindow::Bin{0, 13}, wire::CpuWindow::Bin{half, 1}));
  EXPECT_THAT(report.containers.at(1).cpu->one_second,
              ElementsAre(wire::CpuWindow::Bin{0, 5}, wire::CpuWindow::Bin{half, 1}))
      << "from its birth in the fifth second to its end in the tenth";
}

TEST_F(WindowTest, WantsFilesOfWhatMovedAndOfEverybodyOnceInARotation) {
  using Wanted = Window::WantedFiles;
  std::vector<CgroupCounters> samples;
  for (std::uint64_t id = 1; id <= 24; ++id) {
    samples.push_back(Used(table_.Born(0, id, "/" + std::to_string(id)), 0));
  }
  // What the first reading found may still go on; whatever has no pressure is not asked again.
  const PressureCounters some{.io_some_us = 5};
  for (const std::optional<PressureCounters>& reading : {std::optional(some), std::optional(some), {}}) {
    Sample(samples);
    EXPECT_EQ(window_.WantsFiles(12).size(), reading ? 24U : 2U);
    for (const auto& wanted : window_.WantsFiles(12)) window_.AddPressure(wanted.ref, reading);
    (void)Close();
  }
  samples[4].cpu->usage_ns = 1'000'000;
  Sample(samples);
  EXPECT_THAT(window_.WantsFiles(12),
              ElementsAre(Wanted{3, true}, Wanted{samples[4].ref, true}, Wanted{15, false}));
  (void)Close();
  EXPECT_THAT(window_.WantsFiles(12), ElementsAre(Wanted{4, true}, Wanted{16, false}));
}

TEST_F(WindowTest, WhereNobodyHasEverStalledOneReadingOfPressureIsEnough) {
  const auto idle = table_.Born(0, 7, "/idle");
  const auto wants = [&] {
    return std::ranges::count(window_.WantsFiles(12), Window::WantedFiles{idle, true}) == 1;
  };
  for (int window = 0; window < 2; ++window) (void)Close();
  Sample({Used(idle, 0)});
  ASSERT_TRUE(wants());
  window_.AddPressure(idle, PressureCounters{});
  (void)Close();
  EXPECT_FALSE(wants());
  Sample({Used(idle, 10)});
  ASSERT_TRUE(wants());
  window_.AddPressure(idle, PressureCounters{.cpu_some_us = 40});
  EXPECT_EQ(Close().containers.at(0).pressure->cpu_some_us, 40U);
}

TEST_F(WindowTest, PressureIsReadUntilAStallIsOver) {
  const auto stuck = table_.Born(0, 7, "/stuck");
  const auto wants = [&] {
    return std::ranges::count(window_.WantsFiles(12), Window::WantedFiles{stuck, true}) == 1;
  };
  Sample({Used(stuck, 0)});
  window_.AddPressure(stuck, PressureCounters{});
  (void)Close();
  window_.AddPressure(stuck, PressureCounters{});
  (void)Close();
  Sample({Used(stuck, 10)});
  window_.AddPressure(stuck, PressureCounters{.io_some_us = 100});
  (void)Close();
  // Asleep in I/O: no CPU time, and the stall grows.
  ASSERT_TRUE(wants());
  window_.AddPressure(stuck, PressureCounters{.io_some_us = 10'000'100});
  EXPECT_EQ(Close().containers.at(0).pressure->io_some_us, 10'000'000U);
  ASSERT_TRUE(wants());
  window_.AddPressure(stuck, PressureCounters{.io_some_us = 10'000'100});
  (void)Close();
  EXPECT_FALSE(wants());
}

TEST_F(WindowTest, SecondsWithoutASampleAreCounted) {
  Sample({});
  now_ += 3s;
  Sample({});
  const wire::Report report = Close();
  EXPECT_EQ(report.losses.missed_samples, 3U);
  EXPECT_EQ(report.samples, 1U);
  Sample({});
  EXPECT_EQ(Close().losses.missed_samples, 0U);
}

TEST_F(WindowTest, WhereSamplesAreFurtherApartNoneIsMissed) {
  window_.Add({}, now_, 5s);
  window_.Add({}, now_ += 5s, 5s);
  window_.Add({}, now_ += 6s, 5s);
  EXPECT_EQ(Close().losses.missed_samples, 0U);
  window_.Add({}, now_ += 15s, 5s);
  EXPECT_EQ(Close().losses.missed_samples, 2U);
}

TEST_F(WindowTest, LossesAndCostAreThoseOfTheWindow) {
  WindowClosing closing{
      .losses = {.ring_full = 5, .failed_readings = 2}, .agent_cpu_us = 1000, .agent_rss = kMiB};
  EXPECT_EQ(window_.Close(closing).losses.ring_full, 5U);
  closing.losses.ring_full = 7;
  closing.agent_cpu_us = 1700;
  const wire::Report second = window_.Close(closing);
  EXPECT_EQ(second.losses, (wire::LossCounts{.ring_full = 2}));
  EXPECT_EQ(second.agent_cpu_us, 700U);
  EXPECT_EQ(second.agent_rss, kMiB);
}

TEST_F(WindowTest, MachinePressureIsThatOfTheWindow) {
  WindowClosing closing;
  closing.machine_pressure = PressureCounters{.cpu_some_us = 900};
  EXPECT_EQ(window_.Close(closing).node.pressure, wire::PressureWindow{});
  closing.machine_pressure->cpu_some_us = 1000;
  EXPECT_EQ(window_.Close(closing).node.pressure.cpu_some_us, 100U);
}

TEST_F(WindowTest, WhatIsAllottedIsAskedForAtBirthAndThenNowAndThen) {
  std::vector<CgroupCounters> samples;
  for (std::uint64_t id = 1; id <= 60; ++id)
    samples.push_back(Used(table_.Born(0, id, "/" + std::to_string(id)), 0));
  Sample(samples);
  EXPECT_EQ(window_.WantsAllotment().size(), 60U);
  for (const std::uint32_t ref : window_.WantsAllotment()) window_.AddAllotment(ref, {.cpus = 4});
  EXPECT_EQ(Close().containers.at(0).cpu_bounds, wire::CpuBounds{.cpus = 4});
  std::size_t asked = 0;
  for (int i = 0; i < 180; ++i) {
    samples[7].cpu->usage_ns += 1'000'000;
    Sample(samples);
    asked += window_.WantsAllotment().size();
    (void)Close();
  }
  // Each of those at rest once, the busy one at one in thirty.
  EXPECT_EQ(asked, 59U + 6U);
}

}  // namespace
}  // namespace loadline::agent
