// Nodes whose clocks are wrong, or are set while they run: all is told when it would be told otherwise.
#include <gtest/gtest.h>

#include "tests/scenario/world.h"

namespace loadline::test {
namespace {

using namespace std::chrono_literals;

// What a node goes through in 24 minutes, and when it is told, whatever its clock says.
void LiveThroughTrouble(World& world) {
  world.At(1min).Behaves("node-1", "/app", {.throttled_share = 0.8, .memory_stalled_share = 0.5});
  world.Expect(Between(16min, 18min), Firing("ContainerThrottled", {{"workload", "path/app"}}));
  world.Expect(Between(90s, 3min), Firing("ContainerMemoryPressure", {{"workload", "path/app"}}));
  for (const Duration at : {2min, 3min, 4min}) world.At(at).OomKill("node-1", "/app");
  world.Expect(Between(2min, 2min + 1s), Firing("ContainerOomKilled", {{"workload", "path/app"}}));
  world.Expect(Between(4min, 5min), Firing("ContainerOomLoop", {{"workload", "path/app"}}));
  world.At(6min).Behaves("node-1", "/app", {.throttled_share = 0.8});
  world.At(17min).Behaves("node-1", "/app", {});
  world.Expect(Between(17min, 24min), Resolved("ContainerThrottled", {{"workload", "path/app"}}));
  world.Expect(Between(6min, 10min), Resolved("ContainerMemoryPressure", {{"workload", "path/app"}}));
  world.Expect(Between(10min, 18min), Resolved("ContainerOomLoop", {{"workload", "path/app"}}));
  world.ExpectNever(Between(0s, 24min), Firing("NodeSilent"));
  world.ExpectNever(Between(0s, 24min), Firing("NodeStale"));
}

void ExpectRightFigures(const World& world) {
  const auto shown = world.Shown();
  const collector::ContainerView& app = shown->workloads.at(0)->containers.at(0);
  EXPECT_EQ(app.oom_kills, 3U);
  EXPECT_NEAR(app.cpu_cores, 0.1, 1e-9);
  EXPECT_EQ(app.replicas, 1U);
  EXPECT_NEAR(app.cpu_seconds_total, 0.1 * 24 * 60, 2);
}

class WrongClock : public ::testing::TestWithParam<std::chrono::seconds> {};
INSTANTIATE_TEST_SUITE_P(Errors, WrongClock,
                         ::testing::Values(0s, -120s, -900s, 900s, -24h * 365, 24h * 365));

TEST_P(WrongClock, ChangesNothingButIsToldItself) {
  World world({.nodes = 1});
  world.At(0s).SetClock("node-1", GetParam());
  LiveThroughTrouble(world);
  if (GetParam() == 0s) {
    world.ExpectNever(Between(0s, 24min), Firing("NodeClockWrong"));
  } else {
    world.Expect(Between(2min, 4min), Firing("NodeClockWrong", {{"node", "node-1"}}));
  }
  world.Run(24min);
  ExpectRightFigures(world);
}

class SteppedClock : public ::testing::TestWithParam<std::chrono::seconds> {};
INSTANTIATE_TEST_SUITE_P(Steps, SteppedClock, ::testing::Values(-30s, 3600s, -900s));

// Where trouble has begun already, and again before it ends.
TEST_P(SteppedClock, ChangesNothing) {
  World world({.nodes = 1});
  world.At(100s).SetClock("node-1", GetParam());
  world.At(150s).SetClock("node-1", 0s);
  world.At(7min + 3s).SetClock("node-1", GetParam());
  world.At(8min + 1s).SetClock("node-1", 0s);
  LiveThroughTrouble(world);
  world.Run(24min);
  ExpectRightFigures(world);
}

TEST(AWrongClock, IsForgottenByACollectorThatIsKilledAndByNobodyElse) {
  World world({.nodes = 1});
  world.At(0s).SetClock("node-1", -15min);
  for (const Duration at : {70s, 130s, 300s}) world.At(at).KillCollector();
  world.At(3min + 5s).StopCollector();
  LiveThroughTrouble(world);
  world.Run(24min);
  ExpectRightFigures(world);
}

}  // namespace
}  // namespace loadline::test
