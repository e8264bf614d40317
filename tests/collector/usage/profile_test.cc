#include <gtest/gtest.h>

#include "collector/usage/block_peaks.h"
#include "collector/usage/fine_histogram.h"
#include "collector/usage/memory_profile.h"
#include "collector/usage/throttling.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

const Wall kStart = Wall(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});

TEST(FineHistogram, BucketsAreAThirtySecondOfAnOctave) {
  EXPECT_EQ(FineHistogram::Find(FineHistogram::kSmallest), 0);
  EXPECT_EQ(FineHistogram::Find(1.0) - FineHistogram::Find(0.5), FineHistogram::kPerOctave);
  for (const double value : {1e-5, 0.0123, 0.5, 1.0, 7.7, 1000.0}) {
    const int bucket = FineHistogram::Find(value);
    EXPECT_LE(FineHistogram::Start(bucket), value);
    EXPECT_GT(FineHistogram::Start(bucket + 1), value);
    EXPECT_LT(FineHistogram::Start(bucket + 1) / FineHistogram::Start(bucket), 1.0313);
  }
}

TEST(FineHistogram, OldWeightHalvesAndZerosCount) {
  FineHistogram histogram(24h);
  histogram.Add(1.0, 2, kStart);
  histogram.Add(0, 1, kStart + 24h);
  EXPECT_NEAR(histogram.ShareAbove(0.5), 0.5, 1e-6);
  EXPECT_EQ(histogram.Quantile(0.4), 0);
  EXPECT_NEAR(histogram.Quantile(0.9), 1.0, 0.04);
}

TEST(FineHistogram, MergeIsAsIfFedTogether) {
  FineHistogram one(24h), other(24h), both(24h);
  one.Add(0.1, 1, kStart), both.Add(0.1, 1, kStart);
  other.Add(3.0, 5, kStart + 50h), both.Add(3.0, 5, kStart + 50h);
  one.Merge(other);
  EXPECT_NEAR(one.ShareAbove(1), both.ShareAbove(1), 1e-6);
}

TEST(BlockPeaks, DaysCountBackFromNow) {
  BlockPeaks peaks;
  peaks.Add(100, kStart + 1h);
  peaks.Add(300, kStart + 25h);
  peaks.Add(200, kStart + 47h);
  const std::vector<float> days = peaks.Days(kStart + 48h);
  ASSERT_EQ(days.size(), 2u);
  EXPECT_NEAR(days[0], 300, 3);
  EXPECT_NEAR(days[1], 100, 1);
  EXPECT_GE(days[0], 300);  // Rounded up, never down.
}

// At 01:00 the newest day reaches back to 00:00 of the day before.
TEST(BlockPeaks, TheOpenBlockIsOnTopOfTheNewestDay) {
  BlockPeaks peaks;
  peaks.Add(300, kStart + 1h);
  peaks.Add(100, kStart + 24h);
  const std::vector<float> days = peaks.Days(kStart + 25h);
  ASSERT_EQ(days.size(), 1u);
  EXPECT_GE(days[0], 300);
}

TEST(BlockPeaks, FourWeeksAreKept) {
  BlockPeaks peaks;
  for (int day = 0; day < 60; ++day) peaks.Add(100 + day, kStart + day * 24h);
  EXPECT_EQ(peaks.Blocks().size(), BlockPeaks::kBlocks);
  EXPECT_LE(peaks.HeapBytes(), 1024u);
  peaks.Add(1e9, kStart);  // Older than all that is kept.
  EXPECT_LT(peaks.Days(kStart + 60 * 24h)[0], 200);
}

TEST(BlockPeaks, HighestOfASpan) {
  BlockPeaks peaks;
  for (int hour = 0; hour < 48; hour += 3) peaks.Add(hour + 1, kStart + std::chrono::hours(hour));
  EXPECT_NEAR(peaks.Highest(kStart + 6h, kStart + 12h), 10, 0.1);
  EXPECT_EQ(peaks.Highest(kStart + 100h, kStart + 124h), 0);
  EXPECT_EQ(peaks.Highest(kStart - 100h, kStart - 24h), 0);
}

TEST(MemoryProfile, IdleCacheStopsCounting) {
  MemoryProfile profile;
  const MemorySample idle{.at = kStart,
                          .interval = 10s,
                          .working_set = 310 * kMiB,
                          .anon = 200 * kMiB,
                          .file = 150 * kMiB,
                          .kernel = 10 * kMiB};
  EXPECT_NEAR(profile.NeedOf(idle) / kMiB, 310, 0.01);  // Nothing is known of the cache yet.
  MemorySample sample = idle;
  for (int day = 0; day < 10 * 8640; ++day) {
    sample.at += 10s;
    profile.Add(sample);
  }
  EXPECT_NEAR(profile.NeedOf(idle) / kMiB, 235, 1);
  sample.at += 10s;
  sample.refaults = 5000;
  profile.Add(sample);
  EXPECT_NEAR(profile.NeedOf(idle) / kMiB, 310, 0.01);  // Pages come back: the cache is in use.
}

TEST(MemoryProfile, WithoutPartsTheWorkingSetIsTheNeed) {
  EXPECT_EQ(MemoryProfile().NeedOf({.at = kStart, .interval = 10s, .working_set = 5}), 5);
}

// One window of ten seconds at a limit of 100m.
CpuSample Held(Wall at, double stopped_cpus) {
  return {.at = at,
          .interval = 10s,
          .usage_cores = 0.1,
          .limit = 100,
          .periods = 100,
          .throttled_periods = 100,
          .throttled_seconds = stopped_cpus * 10};
}

TEST(Throttling, DemandIsUsagePlusStoppedTime) {
  Throttling throttling;
  throttling.Add(Held(kStart, 3.9));
  EXPECT_TRUE(throttling.held_back());
  EXPECT_NEAR(throttling.NeedAt(kStart), 4.0, 1e-9);
}

TEST(Throttling, TheEstimateYieldsToWhatIsUsedOnceFree) {
  Throttling throttling;
  Wall at = kStart;
  for (int i = 0; i < 6; ++i) throttling.Add(Held(at += 10s, 0.9));
  EXPECT_NEAR(throttling.NeedAt(at), 1.0, 1e-6);
  for (int i = 0; i < 18; ++i) {
    throttling.Add({.at = at += 10s, .interval = 10s, .usage_cores = 0.4, .limit = 1100, .periods = 100});
  }
  EXPECT_FALSE(throttling.held_back());
  EXPECT_NEAR(throttling.NeedAt(at), 0.4, 1e-6);
}

CpuSample Free(Wall at, double cores) {
  return {.at = at, .interval = 10s, .usage_cores = cores, .limit = 1100, .periods = 100};
}

// Its work comes every two minutes: after one that was quiet it is held back again.
TEST(Throttling, WhoIsHeldBackAgainIsWatchedForTwiceAsLong) {
  Throttling throttling;
  Wall at = kStart;
  throttling.Add(Held(at += 10s, 0.9));
  for (int i = 0; i < 6; ++i) throttling.Add(Free(at += 10s, 0.2));
  EXPECT_NEAR(throttling.NeedAt(at), 0.2, 1e-6);
  throttling.Add(Held(at += 10s, 0.9));
  for (int i = 0; i < 11; ++i) throttling.Add(Free(at += 10s, 0.2));
  EXPECT_TRUE(throttling.held_back());
  throttling.Add(Free(at += 10s, 0.2));
  EXPECT_FALSE(throttling.held_back());
}

TEST(Throttling, TheEstimateOfOneThatIsGoneYieldsToItsFreeSuccessor) {
  Throttling gone;
  gone.Add(Held(kStart, 0.9));
  gone.Ended();
  Throttling successor;
  Wall at = kStart;
  const auto need = [&] {
    Throttling both;
    both.Merge(gone);
    both.Merge(successor);
    return both.NeedAt(at);
  };
  EXPECT_NEAR(need(), 1.0, 1e-6);
  for (int i = 0; i < 5; ++i) successor.Add(Free(at += 10s, 0.4));
  EXPECT_NEAR(need(), 1.0, 1e-6);
  successor.Add(Free(at += 10s, 0.4));
  EXPECT_NEAR(need(), 0.4, 1e-6);
  // Another that is held back now says that one running free was only less busy.
  Throttling other;
  other.Add(Held(at, 0.9));
  successor.Merge(other);
  EXPECT_NEAR(need(), 1.0, 1e-6);
}

TEST(Throttling, ARareStopIsNotHeldBack) {
  Throttling throttling;
  for (int i = 0; i < 100; ++i) {
    throttling.Add({.at = kStart + i * 10s,
                    .interval = 10s,
                    .usage_cores = 0.05,
                    .limit = 100,
                    .periods = 100,
                    .throttled_periods = 2,
                    .throttled_seconds = 0.1});
  }
  EXPECT_EQ(throttling.NeedAt(kStart + 1h), 0);
}

}  // namespace
}  // namespace loadline::collector
