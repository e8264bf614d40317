// Stories of a small cluster, from an agent's report to what somebody is told.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/scenario/world.h"

namespace loadline::test {
namespace {

using namespace std::chrono_literals;

TEST(NodeDeath, IsAnnouncedOnceAndWithdrawnWhenTheNodeReturns) {
  World world({.nodes = 3});
  world.At(30s).Hang("node-2");
  world.Expect(Between(40s, 45s), Firing("NodeSilent", {{"node", "node-2"}}));
  world.At(120s).Revive("node-2");
  world.Expect(Between(120s, 10min), Resolved("NodeSilent", {{"node", "node-2"}}));
  world.ExpectNever(Between(0s, 10min), Firing("NodeSilent", {{"node", "node-1"}}));
  world.Run(10min);
}

TEST(NodeDeath, IsNoneWhenItIsTheAgentThatDied) {
  World world({.nodes = 3});
  world.At(30s).Silence("node-2");
  world.At(100s).Revive("node-2");
  world.At(3min).Silence("node-2");
  world.Expect(Between(5min + 40s, 5min + 45s), Firing("NodeAgentSilent", {{"node", "node-2"}}));
  world.At(6min).Revive("node-2");
  world.Expect(Between(6min, 12min), Resolved("NodeAgentSilent", {{"node", "node-2"}}));
  world.ExpectNever(Between(0s, 5min), Firing("NodeAgentSilent"));
  world.ExpectNever(Between(0s, 12min), Firing("NodeSilent"));
  world.Run(12min);
}

TEST(NodeDeath, IsToldWithinFiveSecondsWhenNothingAnswersThere) {
  World world({.nodes = 3});
  world.At(30s).Unplug("node-2");
  world.Expect(Between(32s, 35s), Firing("NodeSilent", {{"node", "node-2"}}));
  world.At(2min).Unplug("node-2", false);
  world.Expect(Between(2min, 10min), Resolved("NodeSilent", {{"node", "node-2"}}));
  world.ExpectNever(Between(0s, 10min), Firing("NodeSilent", {{"node", "node-1"}}));
  world.Run(10min);
}

TEST(NodeDeath, IsNobodysWhenTheCollectorIsUnplugged) {
  World world({.nodes = 5});
  world.At(30s).CutNetwork(true);
  for (int node = 1; node <= 5; ++node) world.At(30s).Unplug("node-" + std::to_string(node));
  world.ExpectNever(Between(0s, 3min), Firing("NodeSilent"));
  world.Run(3min);
}

TEST(NodeDeath, IsNoneWhenTheNodeWasTakenAway) {
  World world({.nodes = 3});
  world.At(30s).TakeAway("node-2");
  world.At(3min).KillCollector();
  world.ExpectNever(Between(0s, 5min), Firing("NodeSilent"));
  world.Run(5min);
  EXPECT_EQ(world.Shown()->nodes.size(), 2U);
}

TEST(NodeDeath, IsWithdrawnWhenTheNodeIsTakenAwayLater) {
  World world({.nodes = 3});
  world.At(30s).Hang("node-2");
  world.Expect(Between(40s, 45s), Firing("NodeSilent", {{"node", "node-2"}}));
  world.At(2min).TakeAway("node-2");
  world.Expect(Between(2min, 10min), Resolved("NodeSilent", {{"node", "node-2"}}));
  world.Run(10min);
}

TEST(NodeDeath, IsNotAnnouncedWhenItWasTheCollectorThatStoodStill) {
  World world({.nodes = 3});
  world.At(30s).FreezeCollector(60s);
  world.ExpectNever(Between(0s, 5min), Firing("NodeSilent"));
  world.ExpectNever(Between(0s, 5min), Firing("CollectorIsolated"));
  world.Run(5min + 5s);
  EXPECT_EQ(world.Unacknowledged(), 0U);
}

TEST(NodeDeath, OfAllNodesAtOnceIsTakenForAFaultOfTheNetwork) {
  World world({.nodes = 5});
  world.At(30s).CutNetwork(true);
  world.Expect(Between(40s, 2min), Firing("CollectorIsolated"));
  world.ExpectNever(Between(0s, 4min), Firing("NodeSilent"));
  world.At(2min).CutNetwork(false);
  world.Run(4min + 5s);
  EXPECT_EQ(world.Unacknowledged(), 0U) << "what was reported meanwhile has come";
}

TEST(StuckSampler, IsToldFromADeadNode) {
  World world({.nodes = 2});
  world.At(30s).StopSampling("node-1");
  world.Expect(Between(70s, 3min), Firing("NodeStale", {{"node", "node-1"}}));
  world.ExpectNever(Between(0s, 3min), Firing("NodeSilent"));
  world.Run(3min);
}

TEST(Throttling, IsToldWhenItLastsAndWithdrawnWhenItEnds) {
  World world({.nodes = 1});
  world.At(1min).Behaves("node-1", "/app", {.throttled_share = 0.8});
  world.ExpectNever(Between(0s, 15min), Firing("ContainerThrottled"));
  world.Expect(Between(16min, 18min), Firing("ContainerThrottled", {{"workload", "path/app"}}));
  world.At(20min).Behaves("node-1", "/app", {});
  world.Expect(Between(20min, 30min), Resolved("ContainerThrottled", {{"workload", "path/app"}}));
  world.Run(30min);
}

TEST(Throttling, OfAContainerThatHardlyUsesItsLimitIsToldToNobody) {
  World world({.nodes = 1, .containers = {"/exporter", "/starter", "/server"}});
  // 13 ms of work every 450 ms, with 10 ms allowed in each 100.
  world.At(1min).Behaves("node-1", "/exporter", {.cores = 0.026, .throttled_share = 0.33, .cpu_limit = 100});
  // All that it gets, for five minutes.
  world.At(1min).Behaves("node-1", "/starter", {.cores = 0.1, .throttled_share = 0.9, .cpu_limit = 100});
  world.At(6min).Behaves("node-1", "/starter", {.cores = 0.01, .cpu_limit = 100});
  world.At(1min).Behaves("node-1", "/server", {.cores = 0.06, .throttled_share = 0.3, .cpu_limit = 100});
  world.ExpectNever(Between(0s, 2h), Firing("ContainerThrottled", {{"workload", "path/exporter"}}));
  world.ExpectNever(Between(0s, 2h), Firing("ContainerThrottled", {{"workload", "path/starter"}}));
  world.Expect(Between(16min, 18min), Firing("ContainerThrottled", {{"workload", "path/server"}}));
  world.Run(2h);
}

TEST(OomKill, IsToldWithinASecondAndTellsALoopByTheThird) {
  World world({.nodes = 1});
  world.At(61s).OomKill("node-1", "/app");
  world.Expect(Between(61s, 62s), Firing("ContainerOomKilled", {{"workload", "path/app"}}));
  world.At(2min).OomKill("node-1", "/app");
  world.ExpectNever(Between(0s, 3min), Firing("ContainerOomLoop"));
  world.At(4min).OomKill("node-1", "/app");
  world.Expect(Between(4min, 6min), Firing("ContainerOomLoop", {{"workload", "path/app"}}));
  world.Run(6min);
  const auto shown = world.Shown();
  EXPECT_EQ(shown->workloads.at(0)->containers.at(0).oom_kills, 3U);
}

TEST(OomKill, IsToldOnceThoughTheCollectorIsKilledRightAfter) {
  World world({.nodes = 1});
  world.At(61s).OomKill("node-1", "/app");
  world.At(61s + 200ms).KillCollector();
  world.At(62s).KillCollector();
  world.Expect(Between(61s, 5min), Firing("ContainerOomKilled"));
  world.Run(5min);
  EXPECT_EQ(world.Shown()->workloads.at(0)->containers.at(0).oom_kills, 1U);
}

TEST(FullDisk, IsSaidKeepsNobodyFromBeingToldAndLosesNothing) {
  World world({.nodes = 2});
  world.At(60s).FailStore(true);
  world.Expect(Between(60s, 75s), Firing("StoreNotWritable"));
  world.At(65s).OomKill("node-1", "/app");
  world.Expect(Between(65s, 67s), Firing("ContainerOomKilled"));
  world.ExpectNever(Between(67s, 8min), Firing("ContainerOomKilled"));
  world.Run(3min);
  EXPECT_GT(world.Unacknowledged(), 20U);
  EXPECT_FALSE(world.Shown()->collector.store_writable);
  EXPECT_EQ(world.Shown()->collector.store_error, "storing: disk is full");

  world.At(3min).FailStore(false);
  world.Expect(Between(3min, 8min), Resolved("StoreNotWritable"));
  world.ExpectNever(Between(0s, 8min), Firing("NodeSilent"));
  world.Run(8min + 5s);
  EXPECT_EQ(world.Unacknowledged(), 0U);
  EXPECT_TRUE(world.Shown()->collector.store_writable);
  EXPECT_EQ(world.Shown()->workloads.at(0)->containers.at(0).oom_kills, 1U) << "believed once";
}

TEST(StoreAway, NodesAreJudgedMeanwhileAndNothingIsToldASecondTime) {
  World world({.nodes = 5});
  world.At(20s).Hang("node-5");
  world.Expect(Between(30s, 34s), Firing("NodeSilent", {{"node", "node-5"}}));
  world.At(60s).FailStore(true);
  world.At(70s).Hang("node-2");
  world.Expect(Between(81s, 83s), Firing("NodeSilent", {{"node", "node-2"}}));
  world.At(100s).Revive("node-2");
  world.At(180s).FailStore(false);
  world.ExpectNever(Between(34s, 5min), Firing("NodeSilent", {{"node", "node-5"}}));
  world.ExpectNever(Between(83s, 5min), Firing("NodeSilent", {{"node", "node-2"}}));
  world.ExpectNever(Between(0s, 5min), Firing("CollectorBlind"));
  world.Run(5min + 5s);
  EXPECT_EQ(world.Unacknowledged(), 0U);
  EXPECT_TRUE(world.Shown()->collector.store_writable);
}

// What was believed and told before it was stored is not believed twice, whoever stops meanwhile.
TEST(StoreAway, ACollectorThatIsKilledMeanwhileBelievesEachRecordOnce) {
  World world({.nodes = 2});
  world.At(60s).FailStore(true);
  world.At(65s).OomKill("node-1", "/app");
  world.At(90s).FailStore(false);
  world.At(95s).KillCollector();
  world.Run(3min + 5s);
  EXPECT_EQ(world.Unacknowledged(), 0U);
  const auto& app = world.Shown()->workloads.at(0)->containers.at(0);
  EXPECT_EQ(app.oom_kills, 1U);
  EXPECT_EQ(world.Shown()->collector.container_samples, 2U * 18) << "a window of each node each ten seconds";
}

class StoreThatComesAndGoes : public ::testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Courses, StoreThatComesAndGoes, ::testing::Range(1U, 13U));

TEST_P(StoreThatComesAndGoes, CostsNoRecordAndHasNoneBelievedTwice) {
  std::mt19937 random(GetParam());
  const auto within = [&](int from, int to) {
    return std::chrono::milliseconds(100) * std::uniform_int_distribution(from * 10, to * 10)(random);
  };
  World world({.nodes = 3});
  bool away = false;
  for (Duration at = within(15, 30); at < 150s; at += within(1, 25)) world.At(at).FailStore(away = !away);
  world.At(151s).FailStore(false);
  constexpr int kKills = 6;
  for (int i = 0; i < kKills; ++i)
    world.At(within(12, 150)).OomKill("node-" + std::to_string(1 + i % 3), "/app");
  for (int i = 0; i < 2; ++i) world.At(within(20, 160)).KillCollector();
  world.ExpectNever(Between(0s, 185s), Firing("NodeSilent"));
  world.Run(185s);
  EXPECT_EQ(world.Unacknowledged(), 0U);
  EXPECT_EQ(world.Shown()->workloads.at(0)->containers.at(0).oom_kills, std::uint64_t{kKills});
  EXPECT_EQ(world.Shown()->collector.container_samples, 3U * 18);
  for (const collector::NodeView& node : world.Shown()->nodes)
    EXPECT_EQ(node.missing_records, 0U) << node.name;
}

class RollOuts : public ::testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Courses, RollOuts, ::testing::Range(1U, 13U));

// Agents and collectors are replaced in order, as an upgrade does, while the store now and then does not answer.
TEST_P(RollOuts, CostNoRecordWhateverTheStoreDoesMeanwhile) {
  std::mt19937 random(GetParam());
  const auto within = [&](int from, int to) {
    return std::chrono::milliseconds(100) * std::uniform_int_distribution(from * 10, to * 10)(random);
  };
  World world({.nodes = 3});
  bool hangs = false;
  for (Duration at = within(15, 30); at < 150s; at += within(1, 20)) world.At(at).HangStore(hangs = !hangs);
  world.At(151s).HangStore(false);
  constexpr int kKills = 12;
  for (int i = 0; i < kKills; ++i)
    world.At(within(12, 150)).OomKill("node-" + std::to_string(1 + i % 3), "/app");
  for (int i = 0; i < 3; ++i) world.At(within(20, 160)).StopCollector();
  world.At(within(20, 160)).KillCollector();
  for (int i = 0; i < 6; ++i) world.At(within(15, 150)).RollOut("node-" + std::to_string(1 + i % 3));
  world.Run(205s);
  EXPECT_EQ(world.Unacknowledged(), 0U);
  EXPECT_EQ(world.Shown()->workloads.at(0)->containers.at(0).oom_kills, std::uint64_t{kKills});
  for (const collector::NodeView& node : world.Shown()->nodes)
    EXPECT_EQ(node.missing_records, 0U) << node.name;
}

TEST(ForgedNode, MovesNobodyElsesAdviceFurtherThanOneNodeIsBelieved) {
  const auto advised = [](World& world) {
    return world.Shown()->workloads.at(0)->containers.at(0).recommendation;
  };
  World honest({.nodes = 4});
  honest.Run(5min);
  World world({.nodes = 4});
  world.At(10s).Behaves("node-4", "/app", {.cores = 400, .memory = 900 * kGiB});
  world.At(1min).OomKill("node-4", "/app");
  world.At(3min).KillCollector();
  world.Run(5min);
  const auto believed = advised(honest);
  const auto told = advised(world);
  ASSERT_NE(believed, nullptr);
  ASSERT_NE(told, nullptr);
  EXPECT_LE(told->cpu.target, 5 * believed->cpu.target);
  EXPECT_LE(told->memory.target, 5 * believed->memory.target);
  EXPECT_LE(told->memory.upper, 5 * believed->memory.upper);
  for (const auto resource : {collector::Resource::kCpu, collector::Resource::kMemory}) {
    const auto odd = std::ranges::find_if(told->outliers, [&](const collector::OddReplica& one) {
      return one.resource == resource && one.times_the_others > 100;
    });
    ASSERT_NE(odd, told->outliers.end()) << Name(resource);
    EXPECT_EQ(odd->node, "node-4");
  }
}

TEST(Restart, ShowsTheSameAsBefore) {
  World world({.nodes = 2, .containers = {"/app", "/db"}});
  world.At(1min).Behaves("node-1", "/db", {.cores = 1.5, .memory = 700 * kMiB});
  world.Run(5min);
  const auto before = world.Shown();
  world.At(5min).KillCollector();
  world.Run(5min + 200ms);
  const auto after = world.Shown();
  ASSERT_EQ(after->workloads.size(), 2U);
  ASSERT_EQ(before->workloads.size(), 2U);
  for (int i = 0; i < 2; ++i) {
    const collector::ContainerView& was = before->workloads[i]->containers[0];
    const collector::ContainerView& is = after->workloads[i]->containers[0];
    EXPECT_EQ(is.cpu_cores, was.cpu_cores);
    EXPECT_EQ(is.cpu_seconds_total, was.cpu_seconds_total);
    EXPECT_EQ(is.memory_peak, was.memory_peak);
    EXPECT_EQ(is.history.size(), was.history.size());
    ASSERT_NE(is.recommendation, nullptr);
    EXPECT_EQ(is.recommendation->cpu.target, was.recommendation->cpu.target);
    EXPECT_EQ(is.recommendation->memory.target, was.recommendation->memory.target);
  }
  EXPECT_EQ(after->nodes.at(0).capacity.cpu, 4000);
}

}  // namespace
}  // namespace loadline::test
