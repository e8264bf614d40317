#include "collector/recommend/ranked.h"

#include <gtest/gtest.h>

#include <array>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

const Wall kStart = Wall(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});
const Context kNoFloor{.pod_floor = Amounts{}};

// Ten-second windows for `days`: 100m and 100 MiB, ten times as much for the first hour of each day.
ContainerUsage Live(const Algorithm& algorithm, int days) {
  ContainerUsage usage;
  if (const auto need = algorithm.samples()) usage.Keep(std::array{*need});
  for (Duration at = 0s; at < days * 24h; at += 10s) {
    const bool busy = at % 24h < 1h;
    usage.AddCpu({.at = kStart + at + 10s, .interval = 10s, .usage_cores = busy ? 1.0 : 0.1});
    usage.AddMemory({.at = kStart + at + 10s, .interval = 10s, .working_set = (busy ? 1000 : 100) * kMiB});
  }
  return usage;
}

Recommendation Advice(const char* name, int days) {
  const auto algorithm = *MakeAlgorithm(name);
  return algorithm->Recommend(Live(*algorithm, days), kNoFloor, kStart + days * 24h);
}

// A twenty-fourth of the time is busy: the 95th percentile is not.
TEST(LiveRules, KrrTakesThe95thPercentileOfCpuAndTheLargestMemory) {
  const Recommendation advice = Advice("krr", 3);
  EXPECT_NEAR(advice.cpu.target, 100, 2);
  EXPECT_NEAR(advice.memory.target, 1150.0 * kMiB, 12.0 * kMiB);
  EXPECT_EQ(advice.memory.reason.cause, Cause::kUsage);
  EXPECT_NEAR(advice.memory.reason.history_seconds, 3 * 86'400, 1);
}

TEST(LiveRules, MaxForgetsWhatIsOlderThanItsDays) {
  EXPECT_NEAR(Advice("max:1:0.1", 3).cpu.target, 1100, 12);
  const auto algorithm = *MakeAlgorithm("max:0.5:0.1");
  EXPECT_NEAR(algorithm->Recommend(Live(*algorithm, 3), kNoFloor, kStart + 72h).cpu.target, 110, 2);
}

TEST(LiveRules, MaxOfAllCostsNoMoreThanThatOfMonths) {
  const auto algorithm = *MakeAlgorithm("max:all:0.1");
  const ContainerUsage usage = Live(*algorithm, 3);
  EXPECT_NEAR(algorithm->Recommend(usage, kNoFloor, kStart + 72h).memory.target, 1100.0 * kMiB, 12.0 * kMiB);
  EXPECT_LE(usage.Kept(*algorithm->samples())->HeapBytes(), 4096U);
}

TEST(LiveRules, AutopilotAndItsEnsembleAnswerFromLiveWindows) {
  // Load-adjusted, 1 of 3.3 core hours of a day is spent in the busy hour: more than a twentieth.
  EXPECT_NEAR(Advice("autopilot", 3).cpu.target, 1150, 40);
  EXPECT_GE(Advice("autopilot", 3).memory.target, 1150 * kMiB);
  EXPECT_GE(Advice("autopilot-ml", 3).memory.target, 100 * kMiB);
}

TEST(LiveRules, BoundsLeaveATenthAlone) {
  const Sizing memory = Advice("krr", 1).memory;
  EXPECT_NEAR(static_cast<double>(memory.lower) / static_cast<double>(memory.target), 0.9, 0.01);
  EXPECT_NEAR(static_cast<double>(memory.upper) / static_cast<double>(memory.target), 1.1, 0.01);
}

}  // namespace
}  // namespace loadline::collector
