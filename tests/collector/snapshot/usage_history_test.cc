#include "collector/snapshot/usage_history.h"

#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

UsagePoint PointAt(std::int64_t second) {
  return {second * 1000, static_cast<float>(second), static_cast<float>(second) * 10, 0.5F};
}

TEST(UsageHistory, KeepsTheLatestHundredAndEightyInOrder) {
  UsageHistory history;
  for (int i = 1; i <= 500; ++i) history.Add(PointAt(i * 10));
  const std::vector<UsagePoint> points = history.Points();
  ASSERT_EQ(points.size(), 180U);
  EXPECT_EQ(history.size(), 180U);
  for (int i = 0; i < 180; ++i) EXPECT_EQ(points[static_cast<std::size_t>(i)].at_ms, (321 + i) * 10'000);
  EXPECT_NEAR(points.back().cpu_cores, 5000, 2.5);
  EXPECT_NEAR(points.back().memory_bytes, 50'000, 25);
  EXPECT_NEAR(points.back().throttled_share, 0.5, 1.0 / 65535);
}

TEST(UsageHistory, ACopyKeepsWhatItHadWhenTheOriginalGrows) {
  UsageHistory history;
  for (int i = 1; i <= 40; ++i) history.Add(PointAt(i));
  const UsageHistory copy = history;
  for (int i = 41; i <= 300; ++i) history.Add(PointAt(i));
  ASSERT_EQ(copy.size(), 40U);
  EXPECT_EQ(copy.Points().back().at_ms, 40'000);
}

TEST(UsageHistory, APointThatIsNotLaterReplacesTheLast) {
  UsageHistory history;
  history.Add(PointAt(10));
  history.Add({10'000, 7, 0, 0});
  ASSERT_EQ(history.size(), 1U);
  EXPECT_NEAR(history.Points()[0].cpu_cores, 7, 0.0035);
}

TEST(UsageHistory, FiguresAreKeptToATwentiethOfAPercent) {
  for (const float value : {0.0F, 1e-5F, 0.001F, 0.5F, 1.0F, 64.0F, 1024.0F, 3.3e8F, 1e12F}) {
    UsageHistory history;
    history.Add({10'000, value, value, 0});
    EXPECT_NEAR(history.Points()[0].cpu_cores, value, value * 0.0005) << value;
    EXPECT_NEAR(history.Points()[0].memory_bytes, value, value * 0.0005) << value;
  }
}

TEST(UsageHistory, SavingAndAddingAgainChangesNothing) {
  UsageHistory history;
  for (int i = 1; i <= 100; ++i)
    history.Add({i * 10'000, 0.01F * static_cast<float>(i), 3e7F * static_cast<float>(i), 0.1F});
  UsageHistory again;
  for (const UsagePoint& point : history.Points()) again.Add(point);
  const auto before = history.Points();
  const auto after = again.Points();
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(before[i].cpu_cores, after[i].cpu_cores);
    EXPECT_EQ(before[i].memory_bytes, after[i].memory_bytes);
    EXPECT_EQ(before[i].throttled_share, after[i].throttled_share);
  }
}

TEST(UsageHistory, AGapOfDaysIsKept) {
  UsageHistory history;
  history.Add(PointAt(1));
  history.Add(PointAt(1'000'000));
  EXPECT_EQ(history.Points()[0].at_ms, 1000);
  EXPECT_EQ(history.Points()[1].at_ms, 1'000'000'000);
}

}  // namespace
}  // namespace loadline::collector
