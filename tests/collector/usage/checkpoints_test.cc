#include "collector/usage/checkpoints.h"

#include <gmock/gmock.h>

#include "tests/support/saved_usage.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::Ge;
using ::testing::Le;

const Wall kStart = Wall(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});

// A container measured each minute for so long.
ContainerUsage Measured(Duration length, double cores, Bytes memory, Wall from = kStart) {
  ContainerUsage usage;
  for (Duration end = 1min; end <= length; end += 1min) {
    usage.AddCpu({.at = from + end, .interval = 1min, .usage_cores = cores});
    usage.AddMemory({.at = from + end, .interval = 1min, .working_set = memory});
  }
  return usage;
}

// What upstream had learnt in ten days of 0.2 cores and 300 MiB.
VpaCheckpoint TenDays() {
  const ContainerUsage usage = Measured(240h, 0.2, 300 * kMiB);
  const ContainerUsage* const running[] = {&usage};
  return CheckpointOf(running, {}, kStart + 240h);
}

TEST(CheckpointOf, LeavesOutThePeakOfTheDayThatIsStillOpen) {
  const ContainerUsage usage = Measured(30h, 0.2, 300 * kMiB);
  const ContainerUsage* const one[] = {&usage};
  // Two days were begun: windows of a day since the first sample.
  EXPECT_EQ(CheckpointOf(one, {}, kStart + 48h).memory, usage.vpa().Save().memory);
  const VpaCheckpoint open = CheckpointOf(one, {}, kStart + 30h);
  EXPECT_LT(open.memory.histogram.total_weight, usage.vpa().Save().memory.histogram.total_weight);
  EXPECT_EQ(open.cpu, usage.vpa().Save().cpu);
  EXPECT_EQ(open.samples, 30 * 60);
}

TEST(CheckpointOf, SumsWhatRunsAndWhatIsGone) {
  const ContainerUsage one = Measured(1h, 0.2, kMiB);
  const ContainerUsage two = Measured(1h, 0.4, kMiB, kStart + 1h);
  const ContainerUsage past = Measured(2h, 0.1, kMiB, kStart - 5h);
  const ContainerUsage* const running[] = {&one, &two};
  const ContainerUsage* const gone[] = {&past};
  const VpaCheckpoint sum = CheckpointOf(running, gone, kStart + 2h);
  EXPECT_EQ(sum.samples, 240);
  EXPECT_EQ(sum.first_sample, kStart - 5h);
  EXPECT_EQ(sum.last_sample, kStart + 2h - 1min);
  EXPECT_EQ(sum.cpu.histogram.bucket_weights.size(), 3u);
}

TEST(HistoryTakenOver, IsKnownForAsLongAsTheCheckpointSays) {
  const auto usage = ContainerUsage::FromCheckpoint(TenDays());
  ASSERT_TRUE(usage) << usage.error().message;
  EXPECT_EQ(usage->first_seen(), kStart);
  EXPECT_EQ(usage->history(), 240h - 1min);
  EXPECT_EQ(usage->vpa().samples(), 240 * 60);
}

TEST(HistoryTakenOver, IsWhatWasMeasuredToWithinABucket) {
  const auto usage = ContainerUsage::FromCheckpoint(TenDays());
  ASSERT_TRUE(usage);
  EXPECT_NEAR(usage->cpu().minutes().Quantile(0.5), 0.2, 0.2 * 0.05);
  // A sample a minute, each day half of the day after: two days' worth at most, less what is older.
  EXPECT_NEAR(usage->cpu().minutes().span().total / 86'400, 1.44, 0.05);
  const std::vector<float> days = usage->memory().peaks().Days(kStart + 240h);
  ASSERT_EQ(days.size(), 8u);
  EXPECT_THAT(days, Each(AllOf(Ge(285.0f * kMiB), Le(315.0f * kMiB))));
  EXPECT_NEAR(usage->memory().mean(), 300.0 * kMiB, 15.0 * kMiB);
}

TEST(HistoryTakenOver, HoldsTheHighestPeakOnce) {
  VpaCheckpoint checkpoint = TenDays();
  checkpoint.memory.histogram = {.bucket_weights = {{8, 10'000}, {30, 500}}, .total_weight = 10.5};
  const auto taken = ContainerUsage::FromCheckpoint(checkpoint);
  ASSERT_TRUE(taken);
  const std::vector<float> days = taken->memory().peaks().Days(kStart + 240h);
  EXPECT_EQ(std::ranges::count_if(days, [](float peak) { return peak > 500e6; }), 1);
}

TEST(HistoryTakenOver, IsRefusedWhenItHoldsNothingOrCannotBe) {
  EXPECT_FALSE(ContainerUsage::FromCheckpoint({}));
  VpaCheckpoint turned = TenDays();
  std::swap(turned.first_sample, turned.last_sample);
  EXPECT_FALSE(ContainerUsage::FromCheckpoint(turned));
  VpaCheckpoint outside = TenDays();
  outside.cpu.histogram.bucket_weights[176] = 1;
  EXPECT_FALSE(ContainerUsage::FromCheckpoint(outside));
  VpaCheckpoint ahead = TenDays();
  ahead.memory.reference = *ahead.last_sample + 366 * 24h;
  EXPECT_FALSE(ContainerUsage::FromCheckpoint(ahead));
  VpaCheckpoint heavy = TenDays();
  heavy.cpu.histogram.total_weight = 1e300;
  EXPECT_FALSE(ContainerUsage::FromCheckpoint(heavy));
}

TEST(HistoryTakenOver, OfAWeightBeyondAllTimeIsStillAHistory) {
  VpaCheckpoint checkpoint = TenDays();
  checkpoint.cpu.histogram.total_weight = 1e60;
  const auto usage = ContainerUsage::FromCheckpoint(checkpoint);
  ASSERT_TRUE(usage) << usage.error().message;
  EXPECT_NEAR(usage->cpu().minutes().Quantile(0.5), 0.2, 0.2 * 0.05);
  EXPECT_LT(usage->cpu().minutes().span().total, 86'400.0 * 366 * 10 * 2);
}

TEST(HistoryTakenOver, IsSavedAndReadAgainWhole) {
  const auto usage = ContainerUsage::FromCheckpoint(TenDays());
  ASSERT_TRUE(usage);
  const auto again = test::LoadedUsage(test::SavedUsage(*usage));
  ASSERT_TRUE(again);
  EXPECT_EQ(test::SavedUsage(*again), test::SavedUsage(*usage));
}

}  // namespace
}  // namespace loadline::collector
