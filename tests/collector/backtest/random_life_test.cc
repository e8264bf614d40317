#include "collector/backtest/random_life.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

TEST(RandomLife, IsTheSameForTheSameSeed) {
  const Life one = RandomLife(7);
  const Life other = RandomLife(7);
  EXPECT_EQ(one.name, other.name);
  ASSERT_EQ(one.containers.size(), other.containers.size());
  EXPECT_EQ(one.containers[0].request, other.containers[0].request);
  const LifeMoment moment{.at = 50h, .up = 3h};
  EXPECT_EQ(one.containers[0].demand(moment).bytes, other.containers[0].demand(moment).bytes);
}

TEST(RandomLife, AsksForWhatAContainerMayUse) {
  std::set<std::string> names;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Life life = RandomLife(seed);
    EXPECT_TRUE(names.insert(life.name).second);
    ASSERT_FALSE(life.containers.empty());
    for (const LifeContainer& container : life.containers) {
      EXPECT_GT(container.request.cpu, 0) << life.name;
      EXPECT_GT(container.request.memory, 0) << life.name;
      for (Duration at{}; at < life.days * 24h; at += 7h + 13min) {
        const SimulatedContainer::Demand demand = container.demand({.at = at, .up = at % 24h});
        EXPECT_TRUE(std::isfinite(demand.cores) && demand.cores > 0 && demand.cores < 1000) << life.name;
        EXPECT_TRUE(std::isfinite(demand.bytes) && demand.bytes > 0 && demand.bytes < 1e12) << life.name;
      }
    }
  }
}

TEST(RandomLife, IsFoundByItsName) {
  const std::optional<Life> life = FindLife("random-17");
  ASSERT_TRUE(life);
  EXPECT_EQ(life->name, RandomLife(17).name);
  EXPECT_FALSE(FindLife("random-"));
  EXPECT_FALSE(FindLife("random-1x"));
}

// What ours is for, over lives that nobody has fitted it to. Single ones may be worse; all together are not.
TEST(RandomLife, OfFortyOursHasFewerKillsAndShortMinutesForLessThanVpa) {
  const auto loadline = *MakeAlgorithm("loadline");
  const auto vpa = *MakeAlgorithm("vpa");
  LifeFigures ours;
  LifeFigures theirs;
  const auto add = [](LifeFigures& to, const LifeFigures& of) {
    to.kills += of.kills;
    to.minutes_short += of.minutes_short;
    to.memory_slack += of.memory_slack;
    to.cpu_slack += of.cpu_slack;
  };
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    add(ours, LiveThrough(RandomLife(seed), *loadline));
    add(theirs, LiveThrough(RandomLife(seed), *vpa));
  }
  EXPECT_LT(ours.kills, theirs.kills);
  EXPECT_LT(ours.minutes_short, theirs.minutes_short);
  EXPECT_LT(ours.memory_slack, theirs.memory_slack);
  EXPECT_LT(ours.cpu_slack, theirs.cpu_slack);
}

}  // namespace
}  // namespace loadline::collector
