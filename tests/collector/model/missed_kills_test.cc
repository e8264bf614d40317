#include "collector/model/missed_kills.h"

#include <gtest/gtest.h>

#include "tests/collector/model/model_fixture.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr const char* kApp = "path/app";

class MissedKillsTest : public testing::Test {
 protected:
  // The agent is there until 30 s and again from 40 s on.
  void ReplaceTheAgent() {
    for (const Duration end : {10s, 20s, 30s})
      before_.Report(end, {Busy(1, 1000, kMiB)}, {PathIdentity(1, "/app")});
    for (const Duration end : {40s, 50s})
      after_.Report(end, {Busy(1, 1000, kMiB)}, {PathIdentity(1, "/app")});
  }
  static ClusterNews KilledAt(Duration at) {
    return {.kind = ClusterNews::Kind::kOutOfMemory,
            .at = At(at),
            .node = "n",
            .pod_uid = "u",
            .workload_id = kApp};
  }
  [[nodiscard]] std::size_t DueAt(Duration now) { return missed_.Due(model_, At(now)).size(); }

  const CgroupNames names_;
  Model model_{{}, names_};
  AgentFeed before_{model_, "n", 1};
  AgentFeed after_{model_, "n", 2};
  MissedKills missed_;
};

TEST_F(MissedKillsTest, AKillWhileTheAgentIsReplacedIsToldFromThePodsStatus) {
  ReplaceTheAgent();
  missed_.Heard(KilledAt(35s), At(37s));
  EXPECT_EQ(DueAt(45s), 0U) << "an agent's own word may be on its way";
  const auto due = missed_.Due(model_, At(53s));
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(DueAt(60s), 0U);

  Applied applied;
  model_.Missed(due[0], applied);
  ASSERT_EQ(applied.kills.size(), 1U);
  EXPECT_EQ(applied.kills[0].name.workload_id, kApp);
  EXPECT_TRUE(applied.kills[0].kill.IsFromPodStatus());
  EXPECT_EQ(model_.FindContainer(kApp, "")->oom_kills, 1U);
  EXPECT_EQ(model_.timeline().happenings().back().text, "path/app was OOM-killed, its pod's status says");
  // The pods are listed again.
  missed_.Heard(KilledAt(35s), At(70s));
  EXPECT_EQ(DueAt(90s), 0U);
}

TEST_F(MissedKillsTest, WhatTheAgentToldIsNotMissed) {
  ReplaceTheAgent();
  after_.Kill(35s, {.victim = PathIdentity(1, "/app"), .limit_owner = PathIdentity(1, "/app"), .pid = 7});
  missed_.Heard(KilledAt(36s), At(37s));
  EXPECT_EQ(DueAt(60s), 0U);
}

// A runtime says OOMKilled of a container whose child was killed earlier.
TEST_F(MissedKillsTest, WhileAnAgentIsThereItKnowsBetter) {
  ReplaceTheAgent();
  missed_.Heard(KilledAt(25s), At(26s));
  missed_.Heard(KilledAt(48s), At(49s));
  EXPECT_EQ(DueAt(6min), 0U);
}

TEST_F(MissedKillsTest, ItWaitsUntilTheAgentIsBack) {
  before_.Report(10s, {Busy(1, 1000, kMiB)}, {PathIdentity(1, "/app")});
  missed_.Heard(KilledAt(15s), At(16s));
  EXPECT_EQ(DueAt(50s), 0U);
  after_.Report(60s, {Busy(1, 1000, kMiB)}, {PathIdentity(1, "/app")});
  EXPECT_EQ(DueAt(61s), 1U);
}

TEST_F(MissedKillsTest, WhatIsOldIsNoNews) {
  ReplaceTheAgent();
  missed_.Heard(KilledAt(35s), At(10min));
  EXPECT_EQ(DueAt(11min), 0U);
}

}  // namespace
}  // namespace loadline::collector
