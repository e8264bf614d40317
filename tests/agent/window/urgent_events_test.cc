#include "agent/window/urgent_events.h"

#include <gtest/gtest.h>

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;

const std::string kContainer = "/kubepods/burstable/pod1f0c-2a/" + std::string(64, 'c');

UrgentEvents::Now At(Duration since_boot) {
  return {.mono = Mono(since_boot), .wall = Wall(1'000'000s) + since_boot};
}

TEST(UrgentEvents, AnOomKillCarriesBothNamesAndTheTimeOfTheKill) {
  CgroupTable table;
  UrgentEvents urgent(table);
  const auto pod = table.Born(4, 1, "/kubepods/burstable/pod1f0c-2a");
  const auto container = table.Born(4, 2, kContainer);
  const wire::OomKill kill = urgent.OomKill({.boot_ns = 99'500'000'000,
                                             .victim = {.hierarchy = 4, .id = 2},
                                             .limit_owner = {.hierarchy = 4, .id = 1},
                                             .owner_usage = 5 * kMiB,
                                             .owner_limit = 4 * kMiB,
                                             .pid = 12,
                                             .command = "java",
                                             .seen_through = wire::Rung::kTpBtf},
                                            At(100s));
  EXPECT_EQ(Wall(std::chrono::nanoseconds(kill.at_ns)), Wall(1'000'000s) + 99'500ms);
  EXPECT_EQ(kill.victim.ref, container);
  EXPECT_EQ(kill.victim.container_id, std::string(64, 'c'));
  EXPECT_EQ(kill.limit_owner->ref, pod);
  EXPECT_EQ(kill.limit_owner->pod_uid, "1f0c-2a");
  EXPECT_EQ(kill.owner_usage, 5 * kMiB);
  EXPECT_EQ(kill.command, "java");
  EXPECT_EQ(kill.seen_through, wire::Rung::kTpBtf);
}

TEST(UrgentEvents, AKillInAPodThatIsGoneStillHasItsName) {
  CgroupTable table;
  UrgentEvents urgent(table);
  table.Born(4, 2, kContainer);
  table.Died(4, 2);
  EXPECT_EQ(urgent.OomKill({.victim = {.hierarchy = 4, .id = 2}}, At(1s)).victim.pod_uid, "1f0c-2a");
  EXPECT_EQ(urgent.unknown_cgroups(), 0U);
}

TEST(UrgentEvents, WithoutALimitTheMachineWasOutOfMemory) {
  CgroupTable table;
  UrgentEvents urgent(table);
  const auto kill = urgent.OomKill({.victim = {.hierarchy = 4, .id = 2}, .whole_machine = true}, At(1s));
  EXPECT_EQ(kill.limit_owner, std::nullopt);
  EXPECT_EQ(kill.victim.ref, 0U);
  EXPECT_EQ(urgent.unknown_cgroups(), 1U);
}

TEST(UrgentEvents, StallsAreToldOnceUntilTenSecondsWereQuiet) {
  CgroupTable table;
  UrgentEvents urgent(table);
  table.Born(4, 2, kContainer);
  table.Born(4, 3, "/other");
  const auto stall = [&](std::uint64_t id, Duration at) {
    return urgent.MemoryStall({.cgroup = {.hierarchy = 4, .id = id}, .stall_ns = 2'500'000, .limit = kMiB},
                              At(at));
  };
  const auto first = stall(2, 100s);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->stall_us, 2500U);
  EXPECT_EQ(first->limit, kMiB);
  EXPECT_FALSE(stall(2, 105s));
  EXPECT_FALSE(stall(2, 114s));
  EXPECT_TRUE(stall(3, 114s));
  EXPECT_TRUE(stall(2, 124s));
}

}  // namespace
}  // namespace loadline::agent
