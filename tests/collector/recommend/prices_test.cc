#include "collector/recommend/prices.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace loadline::collector {
namespace {

TEST(Prices, RegionsAreSortedAndCostSomething) {
  EXPECT_TRUE(std::ranges::is_sorted(AllPrices(), {}, &Price::region));
  for (const Price& price : AllPrices()) {
    EXPECT_GT(price.core_hour, 0.02) << price.region;
    EXPECT_GT(price.gib_hour, 0.002) << price.region;
  }
  EXPECT_EQ(FindPrice("atlantis"), nullptr);
}

TEST(Prices, AMachineCostsItsListPrice) {
  const Price* price = FindPrice("eastus");
  ASSERT_NE(price, nullptr);
  EXPECT_NEAR(4 * price->core_hour + 16 * price->gib_hour, 0.192, 0.001);  // Standard_D4s_v5
}

TEST(Saving, IsTheShrinkageOfAllReplicasInMoney) {
  const Price price{.region = "somewhere", .core_hour = 0.04, .gib_hour = 0.005};
  Recommendation recommendation;
  recommendation.cpu.target = 500;
  recommendation.memory.target = 3 * kGiB;
  const Context context{.request = {.cpu = 2000, .memory = 2 * kGiB}};
  const Saving saving = SavingOf(recommendation, context, 2, &price);
  EXPECT_DOUBLE_EQ(saving.cores, 3);
  EXPECT_DOUBLE_EQ(saving.bytes, -2.0 * kGiB);
  EXPECT_NEAR(saving.dollars_per_month, (3 * 0.04 - 2 * 0.005) * 730, 1e-9);
  EXPECT_EQ(SavingOf(recommendation, {}, 2, &price).cores, 0);
}

}  // namespace
}  // namespace loadline::collector
