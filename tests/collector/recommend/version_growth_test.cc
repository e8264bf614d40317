#include "collector/recommend/version_growth.h"

#include <gtest/gtest.h>

#include <vector>

#include "collector/recommend/workload.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

const Wall kStart = Wall(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});
constexpr Duration kWeek = 7 * 24h;

// Of that many cores, by the minute.
ContainerUsage Using(double cores, Wall from, Duration length) {
  ContainerUsage usage;
  for (Duration end = 1min; end <= length; end += 1min) {
    usage.AddCpu({.at = from + end, .interval = 1min, .usage_cores = cores});
    usage.AddMemory({.at = from + end, .interval = 1min, .working_set = 100 * kMiB});
  }
  return usage;
}

// What runs for so long beside a week of one core that is gone.
double Times(double cores, Duration length) {
  const ContainerUsage running = Using(cores, kStart + kWeek, length);
  ContainerUsage all = Using(1, kStart, kWeek);
  all.Merge(running);
  return TimesAsBusy(running.cpu(), all.cpu());
}

TEST(VersionGrowth, AVersionThatNeedsMoreIsKnownAfterAnHour) {
  EXPECT_EQ(Times(1.1, 59min), 1) << "its start may be busier than the rest";
  EXPECT_NEAR(Times(1.1, 61min), 1.1, 0.03);
  EXPECT_NEAR(Times(1.1, 2h), 1.1, 0.03);
}

TEST(VersionGrowth, WhatIsKnownOfItForADaySpeaksForItself) {
  EXPECT_EQ(Times(1.1, 24h), 1);
}

TEST(VersionGrowth, AVersionThatNeedsNoMoreIsNoGrowth) {
  EXPECT_EQ(Times(1, 3h), 1);
  EXPECT_EQ(Times(0.5, 3h), 1);
  EXPECT_EQ(Times(1.005, 3h), 1) << "noise";
}

TEST(VersionGrowth, IsAQuarterAtMost) {
  EXPECT_EQ(Times(8, 2h), 1.25) << "by one replica's word more could be said";
}

TEST(VersionGrowth, NothingIsKnownOfNothing) {
  EXPECT_EQ(TimesAsBusy({}, {}), 1);
  EXPECT_EQ(TimesAsBusy(Using(0, kStart, 2h).cpu(), Using(0, kStart, 2h).cpu()), 1);
}

// A request that fitted the last version is left, at once and by whoever goes by the bounds.
TEST(VersionGrowth, TheNextVersionIsGivenWhatItNeeds) {
  const ContainerUsage gone = Using(1, kStart, kWeek);
  const ContainerUsage running = Using(1.08, kStart + kWeek, 90min);
  const std::vector<Instance> instances = {{.name = "runs", .usage = &running},
                                           {.name = "gone", .usage = &gone, .gone = true}};
  const auto answer =
      RecommendWorkload(**MakeAlgorithm("loadline"), instances,
                        {.request = {.cpu = 1060, .memory = 150 * kMiB}}, kStart + kWeek + 90min);
  ASSERT_EQ(answer.groups.size(), 1U);
  const Sizing& cpu = answer.groups[0].recommendation.cpu;
  EXPECT_GE(cpu.target, 1080);
  EXPECT_LE(cpu.target, 1250);
  EXPECT_GT(cpu.lower, 1060);
  EXPECT_EQ(cpu.reason.cause, Cause::kUsage);
}

}  // namespace
}  // namespace loadline::collector
