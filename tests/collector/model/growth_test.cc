#include "collector/model/growth.h"

#include <gtest/gtest.h>

#include "tests/collector/model/feed.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

TEST(Trail, RisesFromTheLeastWithinTheSpanToTheLast) {
  Trail trail;
  for (int i = 0; i <= 30; ++i) trail.Add(At(i * 10s), i < 10 ? 500 : 100 + i);
  const auto rise = trail.Rise(At(300s), 5min);
  ASSERT_TRUE(rise);
  EXPECT_EQ(rise->to, 130);
  EXPECT_NEAR(rise->from, 110, 1) << "what was more before does not count";
  EXPECT_FALSE(trail.Rise(At(2h), 5min));
}

TEST(Trail, TheLatestIsKnownThoughPointsAreApart) {
  Trail trail;
  for (int i = 0; i < 100; ++i) trail.Add(At(i * 1s), i);
  EXPECT_EQ(trail.Over(1min)->last.value, 99);
  EXPECT_EQ(trail.Rise(At(99s), 20s)->to, 99);
}

std::vector<MemoryGrowth> GrowthOn(const Model& model, std::string_view node, Wall at) {
  return MemoryGrowthOn(model, node, {.at = at, .span = 5min});
}

class Growth : public ::testing::Test {
 protected:
  CgroupNames names_;
  Model model_{{}, names_};
  AgentFeed agent_{model_, "node-1"};
};

TEST_F(Growth, WhoGrewMostComesFirst) {
  agent_.Report(10s, {Busy(1, 0, 10 * kMiB), Busy(2, 0, 900 * kMiB)},
                {UnitIdentity(1, "grows.service"), UnitIdentity(2, "large.service")});
  agent_.Report(60s, {Busy(1, 0, 200 * kMiB)});
  const auto growers = GrowthOn(model_, "node-1", At(65s));
  ASSERT_EQ(growers.size(), 2);
  EXPECT_EQ(growers[0].workload_id, "unit/grows.service");
  EXPECT_NEAR(growers[0].grown(), 190 * kMiB, kMiB);
  EXPECT_EQ(growers[1].grown(), 0) << "large is not growing";
  EXPECT_TRUE(GrowthOn(model_, "node-2", At(65s)).empty());
}

TEST_F(Growth, IsKnownAfterARestart) {
  agent_.Report(10s, {Busy(1, 0, 10 * kMiB)}, {UnitIdentity(1, "grows.service")});
  // More points than a trail holds: it is saved from the middle of its ring.
  for (int i = 1; i < 30; ++i) agent_.Report(10s + i * 20s, {Busy(1, 0, (10 + i) * kMiB)});
  const auto before = GrowthOn(model_, "node-1", At(600s));
  Model again{{}, names_};
  SaveModel(model_, [&](const std::string& piece) { EXPECT_TRUE(Restored(again, piece)); });
  const auto after = GrowthOn(again, "node-1", At(600s));
  ASSERT_EQ(after.size(), 1);
  EXPECT_EQ(after[0].from, before[0].from);
  EXPECT_EQ(after[0].to, before[0].to);
  EXPECT_EQ(after[0].since, before[0].since);
  EXPECT_GT(after[0].grown(), 10 * kMiB);
}

TEST_F(Growth, WhatBeganWithinTheSpanGrewFromNothing) {
  agent_.Report(10s, {});
  agent_.Report(100s, {Busy(1, 0, 300 * kMiB)}, {UnitIdentity(1, "new.service")});
  EXPECT_NEAR(GrowthOn(model_, "node-1", At(105s))[0].grown(), 300 * kMiB, kMiB);
}

TEST_F(Growth, WhatHoldsOthersIsNotBlamedForThem) {
  agent_.Report(10s, {Busy(1, 0, kMiB), Busy(2, 0, kMiB), Busy(3, 0, kMiB)},
                {PathIdentity(1, "/top"), PathIdentity(2, "/top-most"), PathIdentity(3, "/top/below")});
  agent_.Report(60s, {Busy(1, 0, 90 * kMiB), Busy(3, 0, 80 * kMiB)});
  const auto growers = GrowthOn(model_, "node-1", At(65s));
  ASSERT_EQ(growers.size(), 2);
  EXPECT_EQ(growers[0].path, "/top/below");
  EXPECT_EQ(growers[1].path, "/top-most");
}

TEST_F(Growth, IsAskedOfAPartOfTheTreeAndOfTheFirstFew) {
  agent_.Report(10s, {Busy(1, 0, kMiB), Busy(2, 0, kMiB), Busy(3, 0, kMiB), Busy(4, 0, kMiB)},
                {PathIdentity(1, "/pod/a"), PathIdentity(2, "/pod/b"), PathIdentity(3, "/pod-2"),
                 PathIdentity(4, "/other")});
  agent_.Report(60s,
                {Busy(1, 0, 50 * kMiB), Busy(2, 0, 60 * kMiB), Busy(3, 0, 90 * kMiB), Busy(4, 0, 80 * kMiB)});
  const auto paths = [&](std::string_view within, std::size_t most) {
    std::vector<std::string> found;
    for (const MemoryGrowth& one :
         MemoryGrowthOn(model_, "node-1", {.at = At(65s), .span = 5min, .within = within, .most = most}))
      found.push_back(one.path);
    return found;
  };
  using Paths = std::vector<std::string>;
  EXPECT_EQ(paths("/pod", 9), (Paths{"/pod/b", "/pod/a"}));
  EXPECT_EQ(paths("/pod", 1), Paths{"/pod/b"});
  EXPECT_EQ(paths("/pod-2", 9), Paths{"/pod-2"});
  EXPECT_EQ(paths("/", 2), (Paths{"/pod-2", "/other"}));
  EXPECT_EQ(paths("/no", 9), Paths{});
}

TEST_F(Growth, WhoIsGoneIsStillKnown) {
  agent_.Report(10s, {Busy(1, 0, 10 * kMiB)}, {UnitIdentity(1, "gone.service")});
  agent_.Report(60s, {Busy(1, 0, 200 * kMiB)}, {}, {1});
  ASSERT_EQ(model_.replicas().size(), 0);
  EXPECT_NEAR(GrowthOn(model_, "node-1", At(65s)).at(0).grown(), 190 * kMiB, kMiB);
}

}  // namespace
}  // namespace loadline::collector
