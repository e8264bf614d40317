// Nothing lost: every record that an agent's loop hands over is in the store exactly once, or counted as
// dropped; and the collector misses what the agents dropped, to the unit.
#include <gtest/gtest.h>

#include <chrono>

#include "tests/scenario/delivery_world.h"

namespace loadline::test {
namespace {

using namespace std::chrono_literals;

void ExpectNothingLost(DeliveryWorld& world) {
  ASSERT_TRUE(world.Settle());
  const agent::DropCounts dropped = world.dropped();
  EXPECT_EQ(world.stored() + dropped.reports + dropped.events, world.given());
  EXPECT_EQ(world.stored_twice(), 0u);
  EXPECT_EQ(world.missing(), dropped.reports + dropped.events);
}

TEST(Delivery, InQuietTimesEverythingArrivesAtOnce) {
  DeliveryWorld world({.agents = 5});
  world.Run(60s);
  EXPECT_GE(world.stored(), world.given() - 5 * 4);
  ExpectNothingLost(world);
  EXPECT_EQ(world.dropped(), agent::DropCounts{});
}

TEST(Delivery, ACollectorKilledUnderLoadLosesNothingThatItAcknowledged) {
  DeliveryWorld world({.agents = 5, .report_every = 10ms});
  for (int kill = 0; kill < 20; ++kill) {
    world.Run(1s + kill * 37ms);
    world.KillCollector();
    world.Run(500ms);
    world.StartCollector();
  }
  ExpectNothingLost(world);
  EXPECT_EQ(world.dropped(), agent::DropCounts{});
}

TEST(Delivery, AConnectionCutForAMinuteIsMadeUpFor) {
  DeliveryWorld world({.agents = 3});
  world.Run(10s);
  world.CutNetwork();
  world.Run(60s);
  const std::uint64_t before = world.stored();
  world.RestoreNetwork();
  world.Run(20s);
  EXPECT_GT(world.stored(), before + 3 * 600);
  ExpectNothingLost(world);
  EXPECT_EQ(world.dropped(), agent::DropCounts{});
}

TEST(Delivery, ConnectionsThatBreakAllTheTimeOnlyDelay) {
  DeliveryWorld world({.agents = 3});
  for (int i = 0; i < 200; ++i) {
    world.Run(150ms);
    world.BreakConnections();
  }
  ExpectNothingLost(world);
}

TEST(Delivery, AKilledAgentFindsItsRecordsAgain) {
  DeliveryWorld world({.agents = 2, .on_disk = true});
  for (int kill = 0; kill < 10; ++kill) {
    world.Run(3s);
    world.CutNetwork();
    world.Run(2s);
    world.KillAgent(kill % 2);
    world.RestoreNetwork();
    world.Run(500ms);
    world.StartAgent(kill % 2);
  }
  ExpectNothingLost(world);
  EXPECT_EQ(world.dropped(), agent::DropCounts{});
}

void ExpectAFullSpoolToDropReportsFirst(const DeliveryWorld::Options& options) {
  DeliveryWorld world(options);
  world.Run(5s);
  world.CutNetwork();
  world.Run(60s);
  world.RestoreNetwork();
  world.Run(60s);
  ExpectNothingLost(world);
  EXPECT_GT(world.dropped().reports, 500u);
  EXPECT_EQ(world.dropped().events, 0u);
  EXPECT_EQ(world.said_dropped(), world.dropped());
}

TEST(Delivery, AFullSpoolDropsReportsBeforeEventsAndSaysHowMany) {
  ExpectAFullSpoolToDropReportsFirst({.agents = 2, .spool = {.memory_bytes = 20'000}, .event_every = 1s});
}

TEST(Delivery, AFullSpoolOnDiskDropsAndCountsInTheSameWay) {
  ExpectAFullSpoolToDropReportsFirst({.agents = 2,
                                      .spool = {.memory_bytes = 4000, .disk_bytes = 40'000},
                                      .on_disk = true,
                                      .event_every = 1s});
}

TEST(Delivery, ACoreThatFallsBehindHoldsTheAgentsBack) {
  DeliveryWorld world({.agents = 5});
  world.Run(2s);
  world.StopCommitting(true);
  world.Run(60s);
  EXPECT_GE(world.reception().metrics().pauses, 1u);
  world.StopCommitting(false);
  ExpectNothingLost(world);
}

TEST(Delivery, ACollectorThatLostItsStoreIsSeenByTheAgents) {
  DeliveryWorld world({.agents = 1});
  world.Run(10s);
  const std::uint64_t acknowledged = world.session(0).held().up_to;
  EXPECT_GT(acknowledged, 90u);
  EXPECT_EQ(world.session(0).held().lost_up_to, 0u);
  world.KillCollector();
  world.ForgetEverything();
  world.StartCollector();
  world.Run(10s);
  EXPECT_GE(world.session(0).held().lost_up_to, acknowledged);
  EXPECT_EQ(world.missing(), 0u) << "what was acknowledged once is not missing";
}

// Everything at once, a hundred times, each time otherwise.
TEST(Delivery, WhateverHappensNothingIsLost) {
  for (std::uint32_t seed = 1; seed <= 100; ++seed) {
    std::minstd_rand random(seed);
    DeliveryWorld world(
        {.agents = 3, .spool = {.memory_bytes = 6000, .disk_bytes = 60'000}, .on_disk = true, .seed = seed});
    bool collector_runs = true;
    for (int event = 0; event < 30; ++event) {
      world.Run(std::chrono::milliseconds(random() % 4000));
      switch (random() % 6) {
        case 0:
          if (collector_runs) world.KillCollector();
          if (!collector_runs) world.StartCollector();
          collector_runs = !collector_runs;
          break;
        case 1: {
          const int agent = static_cast<int>(random() % 3);
          world.KillAgent(agent);
          world.Run(std::chrono::milliseconds(random() % 1000));
          world.StartAgent(agent);
          break;
        }
        case 2:
          world.CutNetwork();
          break;
        case 3:
          world.BreakConnections();
          break;
        default:
          world.RestoreNetwork();
          break;
      }
    }
    if (!collector_runs) world.StartCollector();
    world.RestoreNetwork();
    ASSERT_TRUE(world.Settle()) << "seed " << seed;
    const agent::DropCounts dropped = world.dropped();
    ASSERT_EQ(world.stored() + dropped.reports + dropped.events, world.given()) << "seed " << seed;
    ASSERT_EQ(world.stored_twice(), 0u) << "seed " << seed;
  }
}

}  // namespace
}  // namespace loadline::test
