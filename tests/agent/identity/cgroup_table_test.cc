#include "agent/identity/cgroup_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr HierarchyId kCpu = 1;
constexpr HierarchyId kMemory = 4;

TEST(CgroupTable, OnePathIsOneCgroupInAllHierarchies) {
  CgroupTable table;
  const std::uint32_t ref = table.Born(kCpu, 7, "/web");
  EXPECT_EQ(table.Born(kMemory, 7, "/web"), ref);
  EXPECT_EQ(table.Born(kCpu, 7, "/web"), ref);
  EXPECT_EQ(table.Find(kCpu, 7), ref);
  EXPECT_EQ(table.FindPath("/web"), ref);
  EXPECT_EQ(table.size(), 1U);
}

TEST(CgroupTable, EqualIdsOfTwoHierarchiesAreTwoCgroups) {
  CgroupTable table;
  EXPECT_NE(table.Born(kCpu, 7, "/web"), table.Born(kMemory, 7, "/db"));
  EXPECT_EQ(table.Path(*table.Find(kMemory, 7)), "/db");
}

TEST(CgroupTable, IsDeadWhenTheLastHierarchyHasLostIt) {
  CgroupTable table;
  const std::uint32_t ref = table.Born(kCpu, 7, "/web");
  table.Born(kMemory, 9, "/web");
  table.Died(kCpu, 7);
  EXPECT_TRUE(table.IsAlive(ref));
  EXPECT_THAT(table.TakeChanges().dead, IsEmpty());
  table.Died(kMemory, 9);
  EXPECT_FALSE(table.IsAlive(ref));
  EXPECT_THAT(table.TakeChanges().dead, ElementsAre(ref));
  EXPECT_THAT(table.TakeChanges().dead, IsEmpty());
}

TEST(CgroupTable, ALateEventFindsTheDeadForAMinute) {
  CgroupTable table;
  const Mono start{};
  table.Advance(start + 10s);
  const std::uint32_t ref = table.Born(0, 7, "/system.slice/nginx.service");
  table.Died(0, 7);
  table.Advance(start + 70s);
  EXPECT_EQ(table.Find(0, 7), ref);
  EXPECT_EQ(table.Identity(ref)->unit, "nginx.service");
  EXPECT_EQ(table.Identity(ref)->ref, ref);
  table.Advance(start + 71s);
  EXPECT_EQ(table.Find(0, 7), std::nullopt);
  EXPECT_EQ(table.Identity(ref), std::nullopt);
  EXPECT_EQ(table.size(), 0U);
}

TEST(CgroupTable, APathThatIsBornAgainIsAnotherCgroup) {
  CgroupTable table;
  const std::uint32_t first = table.Born(0, 7, "/job");
  table.Died(0, 7);
  const std::uint32_t second = table.Born(0, 8, "/job");
  EXPECT_NE(first, second);
  EXPECT_EQ(table.FindPath("/job"), second);
  EXPECT_EQ(table.Find(0, 7), first);
  table.Advance(Mono{} + 61s);
  EXPECT_EQ(table.FindPath("/job"), second);
}

TEST(CgroupTable, ALostDeathIsSeenAtTheNextBirthOfThePath) {
  CgroupTable table;
  const std::uint32_t first = table.Born(0, 7, "/job");
  const std::uint32_t second = table.Born(0, 8, "/job");
  EXPECT_NE(first, second);
  EXPECT_THAT(table.TakeChanges().dead, ElementsAre(first));
}

TEST(CgroupTable, AnIdThatComesRoundAgainNamesTheNewCgroup) {
  CgroupTable table;
  const std::uint32_t first = table.Born(0, 7, "/old");
  const std::uint32_t second = table.Born(0, 7, "/new");
  EXPECT_NE(first, second);
  EXPECT_EQ(table.Find(0, 7), second);
  EXPECT_FALSE(table.IsAlive(first));
  table.Advance(Mono{} + 61s);
  EXPECT_EQ(table.Find(0, 7), second);
}

TEST(CgroupTable, AWalkBringsWhatWasMissedAndBuriesWhatIsNotThere) {
  CgroupTable table;
  const std::uint32_t kept = table.Born(kCpu, 1, "/kept");
  const std::uint32_t lost = table.Born(kCpu, 2, "/lost");
  const std::uint32_t elsewhere = table.Born(kMemory, 2, "/elsewhere");
  (void)table.TakeChanges();
  table.BeginWalk(kCpu);
  EXPECT_EQ(table.Born(kCpu, 1, "/kept"), kept);
  const std::uint32_t found = table.Born(kCpu, 3, "/found");
  table.EndWalk();
  EXPECT_FALSE(table.IsAlive(lost));
  EXPECT_TRUE(table.IsAlive(elsewhere));
  const auto changes = table.TakeChanges();
  EXPECT_THAT(changes.born, ElementsAre(found));
  EXPECT_THAT(changes.dead, ElementsAre(lost));
}

TEST(CgroupTable, ShortLivedCgroupsLeaveNoGrowth) {
  CgroupTable table({.max_entries = 100});
  const std::uint32_t keeper = table.Born(0, 1, "/keeper");
  for (std::uint64_t id = 2; id < 10'000; ++id) {
    ASSERT_NE(table.Born(0, id, "/job/" + std::to_string(id)), 0U);
    table.Died(0, id);
    ASSERT_TRUE(table.Find(0, id));
  }
  EXPECT_EQ(table.size(), 100U);
  EXPECT_EQ(table.alive(), 1U);
  EXPECT_EQ(table.Find(0, 1), keeper);
}

TEST(CgroupTable, WithoutRoomABirthIsRefusedAndCounted) {
  CgroupTable table({.max_entries = 1});
  EXPECT_EQ(table.Born(0, 1, "/a"), 1U);
  EXPECT_EQ(table.Born(0, 2, "/b"), 0U);
  EXPECT_EQ(table.refused(), 1U);
  table.Died(0, 1);
  EXPECT_EQ(table.Born(0, 2, "/b"), 2U);
}

TEST(CgroupTable, WhatWasRefusedHasRoomOnceOthersAreGone) {
  CgroupTable table({.max_entries = 32});
  for (std::uint64_t id = 1; id <= 32; ++id) table.Born(0, id, "/job/" + std::to_string(id));
  for (std::uint64_t id = 33; id <= 40; ++id) EXPECT_EQ(table.Born(0, id, "/job/" + std::to_string(id)), 0U);
  EXPECT_FALSE(table.HasRoomFor(table.refused()));
  table.Died(0, 1);
  EXPECT_FALSE(table.HasRoomFor(table.refused()));
  EXPECT_TRUE(table.HasRoomFor(1));
  table.Died(0, 2);
  EXPECT_TRUE(table.HasRoomFor(table.refused()));
  EXPECT_FALSE(table.HasRoomFor(0));
}

// v1 lets them be renamed, and tells of it by no probe.
TEST(CgroupTable, AWalkFindsWhatWasRenamedAndWhatIsBelowIt) {
  CgroupTable table;
  const std::uint32_t web = table.Born(kCpu, 1, "/web");
  table.Born(kMemory, 5, "/web");
  const std::uint32_t child = table.Born(kCpu, 2, "/web/child");
  const std::uint32_t other = table.Born(kCpu, 3, "/other");
  table.BeginWalk(kCpu);
  const std::uint32_t swapped = table.Born(kCpu, 1, "/other");
  const std::uint32_t moved = table.Born(kCpu, 2, "/other/child");
  table.Born(kCpu, 3, "/third");
  table.EndWalk();
  EXPECT_EQ(table.Find(kCpu, 1), swapped);
  EXPECT_EQ(table.FindPath("/other"), swapped);
  EXPECT_EQ(table.FindPath("/other/child"), moved);
  EXPECT_EQ(table.Path(*table.Find(kCpu, 3)), "/third");
  EXPECT_TRUE(table.IsAlive(web)) << "the other hierarchy has it still";
  EXPECT_FALSE(table.IsAlive(child));
  EXPECT_FALSE(table.IsAlive(other));
}

TEST(CgroupTable, AHierarchyWherePathsComeAndGoDoesNotGrowTheEntry) {
  CgroupTable table;
  const std::uint32_t ref = table.Born(kMemory, 1, "/web");
  for (std::uint64_t id = 1; id < 1000; ++id) {
    EXPECT_EQ(table.Born(kCpu, id, "/web"), ref);
    table.Died(kCpu, id);
  }
  EXPECT_EQ(table.Find(kCpu, 999), ref);
  EXPECT_EQ(table.Find(kCpu, 1), std::nullopt);
}

}  // namespace
}  // namespace loadline::agent
