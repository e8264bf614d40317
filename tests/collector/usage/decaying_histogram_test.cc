#include "collector/usage/decaying_histogram.h"

#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

using std::chrono::hours;

const BucketScheme& TenBuckets() {
  static const BucketScheme kScheme = BucketScheme::Linear(10, 1);
  return kScheme;
}

const Wall kStart = Wall(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});

TEST(DecayingHistogram, TwentyHalfLivesOutweighAThousandfold) {
  DecayingHistogram histogram(TenBuckets(), hours(1));
  histogram.AddSample(2, 1000, kStart);
  histogram.AddSample(1, 1, kStart + hours(20));
  EXPECT_EQ(histogram.Percentile(0.999), 2);
  EXPECT_EQ(histogram.Percentile(1), 3);
}

TEST(DecayingHistogram, AfterAHundredHalfLivesTheOldIsGone) {
  DecayingHistogram histogram(TenBuckets(), hours(1));
  histogram.AddSample(2, 1, kStart);
  histogram.AddSample(1, 1, kStart + hours(101));
  EXPECT_EQ(histogram.Percentile(1), 2);
}

TEST(DecayingHistogram, EachHourHalves) {
  DecayingHistogram histogram(TenBuckets(), hours(1));
  for (int value = 1; value <= 4; ++value) histogram.AddSample(value, value, kStart + hours(value - 1));
  EXPECT_EQ(histogram.Percentile(0.02), 2);
  EXPECT_EQ(histogram.Percentile(0.03), 3);
  EXPECT_EQ(histogram.Percentile(0.10), 3);
  EXPECT_EQ(histogram.Percentile(0.11), 4);
  EXPECT_EQ(histogram.Percentile(0.34), 4);
  EXPECT_EQ(histogram.Percentile(0.35), 5);
}

TEST(DecayingHistogram, ReferenceIsTheNearestMidnight) {
  DecayingHistogram morning(BucketScheme::Cpu(), hours(24)), afternoon(BucketScheme::Cpu(), hours(24));
  morning.AddSample(1, 0.1, kStart + hours(7));
  EXPECT_EQ(morning.reference(), kStart);
  EXPECT_EQ(morning.histogram().total_weight(), 0.12240535433046554);
  afternoon.AddSample(1, 0.1, kStart + hours(13));
  EXPECT_EQ(afternoon.reference(), kStart + hours(24));
  EXPECT_EQ(afternoon.histogram().total_weight(), 0.07278265914210938);
}

TEST(DecayingHistogram, MergeMovesTheOlderReference) {
  DecayingHistogram old(TenBuckets(), hours(1)), young(TenBuckets(), hours(1));
  old.AddSample(2, 1, kStart);
  young.AddSample(1, 1, kStart + hours(200));
  old.Merge(young);
  EXPECT_EQ(old.reference(), young.reference());
  EXPECT_EQ(old.Percentile(1), 2);
}

TEST(DecayingHistogram, CheckpointRoundTripKeepsReferenceAndWeights) {
  DecayingHistogram histogram(TenBuckets(), hours(24)), reloaded(TenBuckets(), hours(24));
  histogram.AddSample(2, 1, kStart);
  histogram.AddSample(5, 3, kStart + hours(24));
  ASSERT_TRUE(reloaded.Load(histogram.Save()).has_value());
  EXPECT_EQ(reloaded.Save(), histogram.Save());
  EXPECT_EQ(reloaded.reference(), histogram.reference());
}

}  // namespace
}  // namespace loadline::collector
