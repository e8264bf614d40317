#include "schemas/base/cpu_buckets.h"

#include <gtest/gtest.h>

namespace loadline {
namespace {

TEST(CpuBuckets, AreThoseOfTheTable) {
  struct Case {
    double cores;
    int bucket;
  };
  for (const auto& [cores, bucket] :
       {Case{-1, 0}, Case{0, 0}, Case{0.0099, 0}, Case{0.01001, 1}, Case{0.1, 8}, Case{0.5, 25}, Case{1, 36},
        Case{2, 49}, Case{8, 76}, Case{64, 118}, Case{1000, 174}, Case{1022, 175}, Case{1e9, 175}}) {
    EXPECT_EQ(CpuBucketOf(cores), bucket) << cores;
  }
}

TEST(CpuBuckets, WhatIsNoNumberIsInTheFirst) {
  EXPECT_EQ(CpuBucketOf(std::nan("")), 0);
}

}  // namespace
}  // namespace loadline
