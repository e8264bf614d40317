// Real OOM kills in cgroups of the test's own: every victim once, with its cgroup and its limit.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <map>
#include <set>
#include <thread>

#include "tests/kernel/hungry.h"
#include "tests/kernel/probed_node.h"
#include "tests/support/cgroup.h"

namespace loadline::testing {
namespace {

using namespace std::chrono_literals;

constexpr Bytes kLimit = 8 * kMiB;

class KernelOomKill : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!node_.Runs(wire::Signal::kOomKill)) GTEST_SKIP() << node_.RungOf(wire::Signal::kOomKill).why;
  }
  // All victims of the cgroups below this name, after everything has settled.
  std::vector<agent::OomVictim> Victims(const std::string& name) {
    node_.Listen(200ms);
    std::vector<agent::OomVictim> ours;
    for (const auto& victim : node_.Events<agent::OomVictim>()) {
      if (node_.PathOf(victim.victim).starts_with("/" + OwnName(name))) ours.push_back(victim);
    }
    return ours;
  }

  ProbedNode& node_ = ProbedNode::Shared();
};

TEST_F(KernelOomKill, OneVictimIsToldOnceWithItsLimit) {
  auto cgroup = OwnCgroup::Make(OwnName("hungry")).value();
  ASSERT_TRUE(cgroup.LimitMemory(kLimit));
  const pid_t pid = cgroup.Spawn([] { TouchAndHold(4 * kLimit); });
  ASSERT_TRUE(WasKilled(pid));

  const auto victims = Victims("hungry");
  ASSERT_EQ(victims.size(), 1U);
  EXPECT_EQ(node_.PathOf(victims[0].victim), cgroup.path());
  EXPECT_EQ(node_.PathOf(victims[0].limit_owner), cgroup.path());
  EXPECT_FALSE(victims[0].whole_machine);
  EXPECT_EQ(victims[0].pid, static_cast<std::uint32_t>(pid));
  EXPECT_EQ(victims[0].owner_limit, kLimit);
  EXPECT_LE(victims[0].owner_usage, kLimit);
  EXPECT_GE(victims[0].owner_usage, kLimit - kMiB);
  EXPECT_GE(victims[0].victim_rss, kLimit / 2);
  EXPECT_FALSE(victims[0].command.empty());
  EXPECT_EQ(victims[0].seen_through, node_.RungOf(wire::Signal::kOomKill).rung);
}

TEST_F(KernelOomKill, TheOwnerIsTheAncestorWhoseLimitWasHit) {
  auto pod = OwnCgroup::Make(OwnName("pod")).value();
  ASSERT_TRUE(pod.LimitMemory(kLimit));
  auto container = OwnCgroup::Make(OwnName("pod/container")).value();
  ASSERT_TRUE(container.LimitMemory(8 * kLimit));
  const pid_t pid = container.Spawn([] { TouchAndHold(4 * kLimit); });
  ASSERT_TRUE(WasKilled(pid));

  const auto victims = Victims("pod");
  ASSERT_EQ(victims.size(), 1U);
  EXPECT_EQ(node_.PathOf(victims[0].victim), container.path());
  EXPECT_EQ(node_.PathOf(victims[0].limit_owner), pod.path());
  EXPECT_EQ(victims[0].owner_limit, kLimit);
}

// The child is killed, its parent lives on: the container looks healthy from outside.
TEST_F(KernelOomKill, AChildProcessIsTold) {
  auto cgroup = OwnCgroup::Make(OwnName("parent-lives")).value();
  ASSERT_TRUE(cgroup.LimitMemory(kLimit));
  const pid_t parent = cgroup.Spawn([] {
    const pid_t child = fork();
    if (child == 0) TouchAndHold(4 * kLimit);
    int status = 0;
    waitpid(child, &status, 0);
    _exit(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? 42 : 1);
  });
  int status = 0;
  ASSERT_EQ(waitpid(parent, &status, 0), parent);
  ASSERT_TRUE(WIFEXITED(status));
  ASSERT_EQ(WEXITSTATUS(status), 42);

  const auto victims = Victims("parent-lives");
  ASSERT_EQ(victims.size(), 1U);
  EXPECT_NE(victims[0].pid, static_cast<std::uint32_t>(parent));
  EXPECT_EQ(node_.PathOf(victims[0].victim), cgroup.path());
}

TEST_F(KernelOomKill, AProcessOfManyThreadsIsToldOnce) {
  auto cgroup = OwnCgroup::Make(OwnName("threads")).value();
  ASSERT_TRUE(cgroup.LimitMemory(kLimit));
  const pid_t pid = cgroup.Spawn([] {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) threads.emplace_back([] { TouchAndHold(kLimit); });
  });
  ASSERT_TRUE(WasKilled(pid));
  const auto victims = Victims("threads");
  ASSERT_EQ(victims.size(), 1U);
  EXPECT_EQ(victims[0].pid, static_cast<std::uint32_t>(pid));
}

TEST_F(KernelOomKill, GroupKillsTellEveryMemberAndWhoFellTogether) {
  auto cgroup = OwnCgroup::Make(OwnName("group")).value();
  std::ofstream(cgroup.Folder("memory") + "/memory.oom.group") << "1";
  if (!cgroup.Read("memory", "memory.oom.group").starts_with('1')) {
    GTEST_SKIP() << "memory.oom.group exists on cgroup v2 only";
  }
  ASSERT_TRUE(cgroup.LimitMemory(kLimit));
  constexpr int kKills = 3;
  std::multiset<std::set<std::uint32_t>> expected;
  for (int kill = 0; kill < kKills; ++kill) {
    std::set<std::uint32_t> members;
    for (int i = 0; i < 3; ++i) members.insert(static_cast<std::uint32_t>(cgroup.Spawn([] { pause(); })));
    std::this_thread::sleep_for(100ms);
    members.insert(static_cast<std::uint32_t>(cgroup.Spawn([] { TouchAndHold(4 * kLimit); })));
    for (const std::uint32_t pid : members) ASSERT_TRUE(WasKilled(static_cast<pid_t>(pid)));
    expected.insert(members);
  }
  std::map<std::uint64_t, std::set<std::uint32_t>> by_decision;
  const auto victims = Victims("group");
  EXPECT_EQ(victims.size(), 4 * kKills);
  for (const auto& victim : victims) {
    by_decision[victim.decision].insert(victim.pid);
    EXPECT_TRUE(victim.group);
  }
  std::multiset<std::set<std::uint32_t>> told;
  for (const auto& [decision, members] : by_decision) told.insert(members);
  EXPECT_EQ(told, expected);
}

// The kernel log keeps ten of these in five seconds.
TEST_F(KernelOomKill, FortyKillsInASecondAreFortyEventsWithTheRightCgroup) {
  constexpr int kKills = 40;
  std::vector<OwnCgroup> cgroups;
  for (int i = 0; i < kKills; ++i) {
    cgroups.push_back(OwnCgroup::Make(OwnName("storm-" + std::to_string(i))).value());
    ASSERT_TRUE(cgroups.back().LimitMemory(kLimit));
  }
  std::map<std::uint32_t, std::string> expected;
  const auto begin = std::chrono::steady_clock::now();
  for (const OwnCgroup& cgroup : cgroups) {
    const pid_t pid = cgroup.Spawn([] { TouchAndHold(4 * kLimit); });
    ASSERT_GT(pid, 0);
    expected[static_cast<std::uint32_t>(pid)] = cgroup.path();
  }
  for (const auto& [pid, path] : expected) ASSERT_TRUE(WasKilled(static_cast<pid_t>(pid)));
  const auto took = std::chrono::steady_clock::now() - begin;
  RecordProperty("milliseconds",
                 static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));

  const auto victims = Victims("storm-");
  EXPECT_EQ(victims.size(), kKills);
  std::map<std::uint32_t, std::string> told;
  for (const auto& victim : victims) {
    told[victim.pid] = node_.PathOf(victim.victim);
    EXPECT_EQ(node_.PathOf(victim.limit_owner), node_.PathOf(victim.victim));
  }
  EXPECT_EQ(told, expected);
  std::set<std::uint64_t> decisions;
  for (const auto& victim : victims) decisions.insert(victim.decision);
  EXPECT_EQ(decisions.size(), kKills);
  EXPECT_EQ(node_.probes().losses().ring_full, 0U);
}

}  // namespace
}  // namespace loadline::testing
