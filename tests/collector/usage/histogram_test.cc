#include "collector/usage/histogram.h"

#include <gtest/gtest.h>

#include <array>

#include "schemas/base/cpu_buckets.h"

namespace loadline::collector {
namespace {

const BucketScheme& TenBuckets() {
  static const BucketScheme kScheme = BucketScheme::Linear(10, 1);
  return kScheme;
}

TEST(BucketScheme, LinearBucketsAreEqualAndClampAtBothEnds) {
  const BucketScheme scheme = BucketScheme::Linear(5.0, 0.3);
  EXPECT_EQ(scheme.Count(), 18);
  EXPECT_DOUBLE_EQ(scheme.Start(17), 5.1);
  EXPECT_EQ(scheme.Find(-1), 0);
  EXPECT_EQ(scheme.Find(1.3), 4);
  EXPECT_EQ(scheme.Find(100), 17);
}

TEST(BucketScheme, ExponentialBucketsGrowByTheirRatio) {
  const BucketScheme scheme = BucketScheme::Exponential(500, 40, 1.5);
  ASSERT_EQ(scheme.Count(), 6);
  const std::array<double, 6> starts = {0, 40, 100, 190, 325, 527.5};
  for (int bucket = 0; bucket < 6; ++bucket) EXPECT_NEAR(scheme.Start(bucket), starts[bucket], 1e-9);
  EXPECT_EQ(scheme.Find(39.99), 0);
  EXPECT_EQ(scheme.Find(40), 1);
  EXPECT_EQ(scheme.Find(100), 2);
  EXPECT_EQ(scheme.Find(900), 5);
}

TEST(BucketScheme, ExactStartsFallOneBucketLowerAsUpstream) {
  int lower = 0;
  for (int bucket = 0; bucket < BucketScheme::Cpu().Count(); ++bucket) {
    lower += BucketScheme::Cpu().Find(BucketScheme::Cpu().Start(bucket)) == bucket - 1;
  }
  EXPECT_EQ(lower, 174);
}

TEST(Histogram, PercentileIsTheEndOfItsBucket) {
  Histogram histogram(TenBuckets());
  for (int value = 1; value <= 4; ++value) histogram.AddSample(value, value);
  EXPECT_EQ(histogram.Percentile(0), 2);
  EXPECT_EQ(histogram.Percentile(0.1), 2);
  EXPECT_EQ(histogram.Percentile(0.2), 3);
  EXPECT_EQ(histogram.Percentile(0.3), 3);
  EXPECT_EQ(histogram.Percentile(0.4), 4);
  EXPECT_EQ(histogram.Percentile(0.6), 4);
  EXPECT_EQ(histogram.Percentile(0.7), 5);
  EXPECT_EQ(histogram.Percentile(1), 5);
}

TEST(Histogram, WithoutWeightIsEmpty) {
  Histogram histogram(TenBuckets());
  EXPECT_TRUE(histogram.IsEmpty());
  EXPECT_EQ(histogram.Percentile(0.5), 0);
  histogram.AddSample(1, Histogram::kEpsilon * 2.5);
  EXPECT_FALSE(histogram.IsEmpty());
  histogram.SubtractSample(1, Histogram::kEpsilon * 2);
  EXPECT_TRUE(histogram.IsEmpty());
}

TEST(Histogram, MergeAddsWeights) {
  Histogram one(TenBuckets()), other(TenBuckets()), both(TenBuckets());
  for (const int value : {1, 2, 3}) one.AddSample(value, 1), both.AddSample(value, 1);
  for (const int value : {3, 7, 9}) other.AddSample(value, 1), both.AddSample(value, 1);
  one.Merge(other);
  for (int bucket = 0; bucket < TenBuckets().Count(); ++bucket)
    EXPECT_EQ(one.Weight(bucket), both.Weight(bucket));
  EXPECT_EQ(one.total_weight(), 6);
}

TEST(HistogramCheckpoint, DropsWeightsTooSmallToScale) {
  Histogram histogram(TenBuckets());
  histogram.AddSample(1, 1);
  histogram.AddSample(2, 100'000);
  const HistogramCheckpoint saved = histogram.Save();
  EXPECT_EQ(saved.bucket_weights, (std::map<int, std::uint32_t>{{2, 10'000}}));
  EXPECT_EQ(saved.total_weight, 100'001);
}

TEST(HistogramCheckpoint, KeepsProportions) {
  Histogram histogram(TenBuckets());
  histogram.AddSample(1, 1);
  histogram.AddSample(2, 10'000);
  histogram.AddSample(3, 50);
  const HistogramCheckpoint saved = histogram.Save();
  EXPECT_EQ(saved.bucket_weights, (std::map<int, std::uint32_t>{{1, 1}, {2, 10'000}, {3, 50}}));
  EXPECT_EQ(saved.total_weight, 10'051);
}

TEST(HistogramCheckpoint, LoadScalesToTheTotal) {
  Histogram histogram(TenBuckets());
  ASSERT_TRUE(histogram.Load({.bucket_weights = {{0, 1}, {1, 2}}, .total_weight = 6}).has_value());
  EXPECT_EQ(histogram.Weight(0), 2.0);
  EXPECT_EQ(histogram.Weight(1), 4.0);
  EXPECT_EQ(histogram.total_weight(), 6.0);
}

TEST(HistogramCheckpoint, BucketsOutsideAndNegativeTotalsAreRefused) {
  Histogram histogram(TenBuckets());
  EXPECT_FALSE(histogram.Load({.bucket_weights = {{-1, 1}}, .total_weight = 1}).has_value());
  EXPECT_FALSE(histogram.Load({.bucket_weights = {{99, 1}}, .total_weight = 1}).has_value());
  EXPECT_FALSE(histogram.Load({.bucket_weights = {{0, 1}}, .total_weight = -1}).has_value());
  EXPECT_TRUE(histogram.IsEmpty());
}

TEST(BucketScheme, TheAgentsBucketsAreTheSame) {
  for (double cores = 0; cores < 1200; cores = cores * 1.003 + 0.0007) {
    ASSERT_EQ(CpuBucketOf(cores), BucketScheme::Cpu().Find(cores)) << cores;
  }
}

}  // namespace
}  // namespace loadline::collector
