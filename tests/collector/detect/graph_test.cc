#include "collector/detect/graph.h"

#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

UsageHistory History(std::initializer_list<float> memory_mib) {
  UsageHistory history;
  std::int64_t at = 1'767'225'600'000;
  for (const float value : memory_mib) {
    history.Add(
        {.at_ms = at, .cpu_cores = value / 1000, .memory_bytes = value * 1048576, .throttled_share = 0.5});
    at += 10'000;
  }
  return history;
}

TEST(Graph, IsOneColumnAPointFromZeroToTheHighest) {
  EXPECT_EQ(MemoryGraph(History({0, 128, 256, 512})), "▁▃▅█ up to 512 MiB in 30 s");
  EXPECT_EQ(CpuGraph(History({100, 400, 200})), "▃█▅ up to 400m in 20 s");
}

TEST(Graph, ShowsTheHighestOfEachStretchWhenThereAreMorePointsThanColumns) {
  EXPECT_EQ(MemoryGraph(History({0, 512, 0, 0, 0, 256}), 3), "█▁▅ up to 512 MiB in 50 s");
}

TEST(Graph, OfNothingButZerosLiesOnTheGround) {
  EXPECT_EQ(MemoryGraph(History({0, 0, 0})), "▁▁▁ up to 0 B in 20 s");
}

TEST(Graph, OfFewerThanThreePointsIsNone) {
  EXPECT_EQ(MemoryGraph(History({1, 2})), "");
  EXPECT_EQ(ThrottlingGraph(History({1, 2, 3})), "███ up to 50 % of periods in 20 s");
}

}  // namespace
}  // namespace loadline::collector
