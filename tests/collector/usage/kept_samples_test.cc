#include "collector/usage/kept_samples.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "collector/usage/container_usage.h"
#include "tests/support/saved_usage.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

const Wall kStart = Wall(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});
constexpr SampleNeed kTwoWeeks{.window = 14 * 24h, .block = 5min};
constexpr double kRounded = 0.01;  // shares that packing may add

// Windows of ten seconds until `end`, in minute m at m hundredths of a core and m MiB.
void Live(ContainerUsage& usage, Duration from, Duration end) {
  for (Duration at = from; at < end; at += 10s) {
    const auto minute = at / 1min;
    usage.AddCpu(
        {.at = kStart + at + 10s, .interval = 10s, .usage_cores = 0.01 * static_cast<double>(minute)});
    usage.AddMemory({.at = kStart + at + 10s, .interval = 10s, .working_set = minute * kMiB});
  }
}

std::vector<double> Values(const SampleLog& log) {
  std::vector<double> values;
  for (const LoggedSample& sample : log) values.push_back(sample.value);
  return values;
}

TEST(KeptSamples, CpuIsTheMeanOfFiveMinutesAndMemoryTheirHighest) {
  ContainerUsage usage;
  usage.Keep(std::array{kTwoWeeks});
  Live(usage, 0min, 15min);
  const KeptSamples& kept = *usage.Kept(kTwoWeeks);
  const SampleLog cpu = kept.Cpu(kStart, Wall::max());
  ASSERT_EQ(cpu.size(), 3U);
  EXPECT_NEAR(cpu[0].value, 0.02, 0.02 * kRounded);
  EXPECT_NEAR(cpu[1].value, 0.07, 0.07 * kRounded);
  EXPECT_NEAR(cpu[2].value, 0.12, 0.12 * kRounded);
  EXPECT_EQ(cpu[1].start, kStart + 5min);
  const SampleLog memory = kept.Memory(kStart, Wall::max());
  ASSERT_EQ(memory.size(), 3U);
  EXPECT_NEAR(memory[2].value, 14.0 * kMiB, 14.0 * kMiB * kRounded);
}

TEST(KeptSamples, AnIdleSampleIsASample) {
  KeptSamples kept(kTwoWeeks);
  kept.AddCpu(0, kStart, 5min);
  kept.AddCpu(0.5, kStart + 5min, 5min);
  EXPECT_EQ(kept.Cpu(kStart, Wall::max()).size(), 2U);
  EXPECT_EQ(kept.Cpu(kStart, Wall::max())[0].value, 0);
}

TEST(KeptSamples, WhatIsOlderThanTheWindowGoes) {
  KeptSamples kept({.window = 1h, .block = 5min});
  for (int i = 0; i < 100; ++i) kept.AddMemory(1e6 * (i + 1), kStart + i * 5min);
  const SampleLog memory = kept.Memory(Wall::min(), Wall::max());
  ASSERT_EQ(memory.size(), 13U);
  EXPECT_EQ(memory.front().start, kStart + 87 * 5min);
  EXPECT_LE(kept.HeapBytes(), 2U * 2 * 2 * 13);
}

TEST(KeptSamples, OfTwoReplicasTheNeedierCountsInEachBlock) {
  KeptSamples one(kTwoWeeks);
  KeptSamples other(kTwoWeeks);
  one.AddMemory(4e6, kStart);
  other.AddMemory(8e6, kStart);
  one.AddMemory(6e6, kStart + 5min);
  other.AddMemory(2e6, kStart + 5min);
  one.Merge(other);
  const std::vector<double> values = Values(one.Memory(kStart, Wall::max()));
  ASSERT_EQ(values.size(), 2U);
  EXPECT_NEAR(values[0], 8e6, 8e6 * kRounded);
  EXPECT_NEAR(values[1], 6e6, 6e6 * kRounded);
}

TEST(KeptSamples, TheyAreSavedWithTheUsage) {
  ContainerUsage usage;
  usage.Keep(std::array{kTwoWeeks});
  Live(usage, 0min, 33min);
  auto loaded = test::LoadedUsage(test::SavedUsage(usage));
  ASSERT_TRUE(loaded);
  loaded->Keep(std::array{kTwoWeeks});
  Live(usage, 33min, 40min);
  Live(*loaded, 33min, 40min);
  EXPECT_EQ(test::SavedUsage(*loaded), test::SavedUsage(usage));
  EXPECT_EQ(Values(loaded->Kept(kTwoWeeks)->Cpu(kStart, Wall::max())).size(), 8U);
}

TEST(KeptSamples, WithoutANeedNothingIsKept) {
  ContainerUsage usage;
  usage.Keep(std::array{kTwoWeeks});
  Live(usage, 0min, 30min);
  usage.Keep({});
  EXPECT_EQ(usage.Kept(kTwoWeeks), nullptr);
}

// Whoever changes the algorithm does not begin with nothing: the last day looks as the histories remember it.
TEST(KeptSamples, WhatWasNotKeptBeginsAsTheHistoriesRememberIt) {
  ContainerUsage usage;
  Live(usage, 0min, 100min);
  usage.Keep(std::array{kTwoWeeks});
  const KeptSamples& kept = *usage.Kept(kTwoWeeks);
  std::vector<double> cpu = Values(kept.Cpu(Wall::min(), Wall::max()));
  ASSERT_GE(cpu.size(), 287U);
  std::ranges::sort(cpu);
  EXPECT_NEAR(cpu[cpu.size() / 2], 0.5, 0.05);
  EXPECT_NEAR(cpu.back(), 0.99, 0.05);
  const std::vector<double> memory = Values(kept.Memory(Wall::min(), Wall::max()));
  ASSERT_FALSE(memory.empty());
  EXPECT_NEAR(std::ranges::max(memory), 99.0 * kMiB, 2.0 * kMiB);
}

}  // namespace
}  // namespace loadline::collector
