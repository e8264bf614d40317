#include "agent/source/counted_kills.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;

// A tree of cgroups with their counters, as the files of v2 or v1 have them.
class CountedKillsTest : public testing::Test {
 protected:
  void Add(const std::string& path, Bytes limit = 0, bool is_born = false) {
    CgroupCounters counters{.ref = table_.Born(0, next_id_++, path)};
    if (is_born) born_.push_back(counters.ref);
    counters.memory = MemoryCounters{.current = limit, .limit = limit};
    counters_.emplace(path, counters);
  }
  MemoryCounters& Of(const std::string& path) { return *counters_.at(path).memory; }
  // As the kernel counts on v2: in the cgroup and in all above it.
  void Count(std::string path, std::uint64_t MemoryCounters::* counter, std::uint64_t amount = 1) {
    for (;; path = path.substr(0, std::max<std::size_t>(path.rfind('/'), 1))) {
      if (counters_.contains(path)) Of(path).*counter += amount;
      if (path == "/") return;
      if (path.rfind('/') == 0) path = "//";  // the root comes next
    }
  }
  void Kill(const std::string& path, const std::string& owner, std::uint64_t kills = 1) {
    Count(owner, &MemoryCounters::events_oom);
    Count(path, &MemoryCounters::events_oom_kill, kills);
  }
  std::vector<OomVictim> Look() {
    std::vector<CgroupCounters> samples;
    for (const auto& [path, counters] : counters_) {
      if (!idle_.contains(path)) samples.push_back(counters);
    }
    now_ += 1s;
    return kills_.Look(samples, std::exchange(born_, {}), table_, Mono(now_));
  }
  [[nodiscard]] std::string PathOf(const KernelCgroup& cgroup) const {
    const auto ref = table_.Find(cgroup.hierarchy, cgroup.id);
    return ref ? std::string(table_.Path(*ref)) : "";
  }

  CgroupTable table_;
  std::map<std::string, CgroupCounters> counters_;
  std::set<std::string> idle_;  // left out by the next looks
  std::vector<std::uint32_t> born_;
  CountedKills kills_{true};
  std::uint64_t next_id_ = 1;
  Duration now_ = 100s;
};

TEST_F(CountedKillsTest, TellsWhomAndWhoseLimit) {
  Add("/");
  Add("/pod", 64 * kMiB);
  Add("/pod/app");
  Kill("/pod/app", "/pod");
  EXPECT_TRUE(Look().empty()) << "what was before the agent is no news";
  EXPECT_TRUE(Look().empty());
  Kill("/pod/app", "/pod");
  const auto victims = Look();
  ASSERT_EQ(victims.size(), 1U);
  EXPECT_EQ(PathOf(victims[0].victim), "/pod/app");
  EXPECT_EQ(PathOf(victims[0].limit_owner), "/pod");
  EXPECT_EQ(victims[0].owner_limit, 64 * kMiB);
  EXPECT_EQ(victims[0].pid, 0U);
  EXPECT_EQ(victims[0].seen_through, wire::Rung::kFiles);
  EXPECT_FALSE(victims[0].whole_machine);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Look().empty()) << "told once";
}

TEST_F(CountedKillsTest, WithoutALimitThatWasHitTheMachineWasOutOfMemory) {
  Add("/");
  Add("/pod", 64 * kMiB);
  (void)Look();
  Count("/pod", &MemoryCounters::events_oom_kill);
  const auto victims = Look();
  ASSERT_EQ(victims.size(), 1U);
  EXPECT_TRUE(victims[0].whole_machine);
}

TEST_F(CountedKillsTest, AGroupIsOneDecision) {
  Add("/app", 64 * kMiB);
  (void)Look();
  for (int kill = 0; kill < 3; ++kill) {
    Count("/app", &MemoryCounters::events_oom_group_kill);
    Kill("/app", "/app", 5);  // four processes: the first is counted twice
    const auto victims = Look();
    ASSERT_EQ(victims.size(), 4U);
    for (const OomVictim& victim : victims) {
      EXPECT_EQ(victim.decision, victims[0].decision);
      EXPECT_TRUE(victim.group);
    }
  }
}

TEST_F(CountedKillsTest, SingleKillsAreDecisionsOfTheirOwn) {
  Add("/app", 64 * kMiB);
  (void)Look();
  for (int kill = 0; kill < 3; ++kill) Kill("/app", "/app");
  const auto victims = Look();
  ASSERT_EQ(victims.size(), 3U);
  EXPECT_NE(victims[0].decision, victims[1].decision);
  EXPECT_NE(victims[1].decision, victims[2].decision);
  EXPECT_FALSE(victims[0].group);
}

// Files are read one after another: a kill between two of them is seen in one cgroup now and in the other later.
TEST_F(CountedKillsTest, WhatIsSeenAboveAndBelowAtDifferentLooksIsOneKill) {
  Add("/");
  Add("/pod");
  Add("/pod/app", 64 * kMiB);
  (void)Look();
  for (const std::string first : {"/pod", "/pod/app"}) {
    const std::string then = first == "/pod" ? "/pod/app" : "/pod";
    std::vector<OomVictim> all;
    const auto look = [&] {
      for (const OomVictim& victim : Look()) all.push_back(victim);
    };
    ++Of("/").events_oom_kill;
    ++Of(first).events_oom_kill;
    ++Of(first).events_oom;
    look();
    ++Of(then).events_oom_kill;
    ++Of(then).events_oom;
    for (int i = 0; i < 3; ++i) look();
    ASSERT_EQ(all.size(), 1U) << first << " first";
    EXPECT_EQ(PathOf(all[0].victim), "/pod/app");
    EXPECT_EQ(PathOf(all[0].limit_owner), "/pod/app");
  }
}

TEST_F(CountedKillsTest, WhatIsGoneBeforeALookIsChargedAbove) {
  Add("/");
  Add("/pod", 64 * kMiB);
  Add("/pod/helper");
  (void)Look();
  Kill("/pod/brief", "/pod");
  std::vector<OomVictim> all;
  for (int i = 0; i < 3; ++i) {
    for (const OomVictim& victim : Look()) all.push_back(victim);
  }
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(PathOf(all[0].victim), "/pod");
  EXPECT_EQ(PathOf(all[0].limit_owner), "/pod");
}

// As files are read: only where CPU time was used.
TEST_F(CountedKillsTest, WhatALookLeavesOutHasNotMoved) {
  Add("/", 0);
  Add("/pod", 64 * kMiB);
  Add("/pod/app");
  Add("/pod/idle");
  (void)Look();
  idle_ = {"/pod/idle"};
  Kill("/pod/app", "/pod");
  EXPECT_EQ(Look().size(), 1U);
  idle_ = {"/", "/pod", "/pod/app", "/pod/idle"};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Look().empty());
  idle_ = {"/pod/app"};
  Kill("/pod/idle", "/pod");
  const auto victims = Look();
  ASSERT_EQ(victims.size(), 1U);
  EXPECT_EQ(PathOf(victims[0].victim), "/pod/idle");
}

TEST_F(CountedKillsTest, WhatIsSeenAboveFirstWaitsForALookThatLeavesItOut) {
  Add("/pod", 64 * kMiB);
  Add("/pod/gone");
  Add("/pod/stays");
  (void)Look();
  Kill("/pod/gone", "/pod");
  table_.Died(0, 2);
  counters_.erase("/pod/gone");
  std::vector<OomVictim> all = Look();
  idle_ = {"/pod", "/pod/stays"};
  for (int i = 0; i < 2; ++i) {
    for (const OomVictim& victim : Look()) all.push_back(victim);
  }
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(PathOf(all[0].victim), "/pod");
}

TEST_F(CountedKillsTest, ACgroupThatComesLaterIsCountedFromItsBirth) {
  Add("/");
  (void)Look();
  Add("/late", 8 * kMiB, true);
  Kill("/late", "/late");
  const auto victims = Look();
  ASSERT_EQ(victims.size(), 1U);
  EXPECT_EQ(PathOf(victims[0].victim), "/late");
}

TEST_F(CountedKillsTest, AnOlderOneThatIsFoundLateIsCountedFromThere) {
  Add("/");
  Of("/").events_oom_kill = 1;
  (void)Look();
  Add("/old", 8 * kMiB);
  Of("/old").events_oom_kill = 1;  // before the agent came to know it
  EXPECT_TRUE(Look().empty());
  Kill("/old", "/old");
  EXPECT_EQ(Look().size(), 1U);
}

TEST_F(CountedKillsTest, OnV1EachCgroupCountsItsOwnAndTheLowestLimitIsTheOwner) {
  kills_ = CountedKills(false);
  Add("/");
  Add("/pod", 64 * kMiB);
  Add("/pod/app");
  (void)Look();
  Of("/pod/app").events_oom_kill = 2;
  const auto victims = Look();
  ASSERT_EQ(victims.size(), 2U);
  EXPECT_EQ(PathOf(victims[0].victim), "/pod/app");
  EXPECT_EQ(PathOf(victims[0].limit_owner), "/pod");
  EXPECT_TRUE(Look().empty());
}

}  // namespace
}  // namespace loadline::agent
