// Each kind of fault that comes with the program, by a few seeds: it is called by its name, nothing false is said, nothing
// wrong is done. A hundred seeds: tests/bench/run verdicts.
#include "collector/simulate/play.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>

#include "collector/simulate/repair_checker.h"
#include "collector/simulate/report.h"

namespace loadline::collector {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::Not;

FaultScenario Parsed(const std::string& yaml) {
  auto scenario = ParseFaultScenario(yaml, "test");
  EXPECT_TRUE(scenario) << scenario.error().message;
  return std::move(*scenario);
}

FaultScenario BuiltIn(const std::string& name) {
  return Parsed(FindBuiltInScenario(name)->yaml);
}

std::vector<RepairStep> StepsOf(const PlayEnd& end) {
  std::vector<RepairStep> steps;
  for (const PlayedAct& act : end.acts) steps.push_back(act.intent.step);
  return steps;
}

class EachScenario : public ::testing::TestWithParam<std::string> {};

TEST_P(EachScenario, IsJudgedRightAndTreatedRight) {
  const FaultScenario scenario = BuiltIn(GetParam());
  for (std::uint64_t seed = 1001; seed < 1007; ++seed) {
    const PlayEnd end = Play(scenario, seed);
    EXPECT_TRUE(end.right()) << "seed " << seed << "\n" << TimelineOf(scenario, end);
    EXPECT_EQ(NamesOf(end.broken), "") << end.first_broken;
  }
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const BuiltInScenario& known : BuiltInScenarios()) names.push_back(known.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Kinds, EachScenario, ::testing::ValuesIn(Names()), [](const auto& info) {
  std::string name;
  bool upper = true;
  for (const char letter : info.param) {
    if (letter != '-') name += upper ? static_cast<char>(std::toupper(letter)) : letter;
    upper = letter == '-';
  }
  return name;
});

TEST(Play, TheSameSeedDoesTheSameAgain) {
  const FaultScenario scenario = BuiltIn("kernel-hung");
  EXPECT_EQ(TimelineOf(scenario, Play(scenario, 7)), TimelineOf(scenario, Play(scenario, 7)));
  EXPECT_NE(TimelineOf(scenario, Play(scenario, 7)), TimelineOf(scenario, Play(scenario, 8)));
}

TEST(Play, AHungKernelIsRebootedAndItsNodeComesBack) {
  const PlayEnd end = Play(BuiltIn("kernel-hung"), 1);
  EXPECT_THAT(StepsOf(end), testing::ElementsAre(RepairStep::kCordon, RepairStep::kDrain, RepairStep::kReboot,
                                                 RepairStep::kUncordon));
}

TEST(Play, AnAgentThatIsDeadIsStartedAnewAndItsNodeLeftAlone) {
  const PlayEnd end = Play(BuiltIn("agent-dead"), 1);
  EXPECT_THAT(StepsOf(end), testing::ElementsAre(RepairStep::kRestartAgent));
}

TEST(Play, AZoneThatFallsSilentIsAStormAndNothingIsDone) {
  const PlayEnd end = Play(BuiltIn("zone-silent"), 1);
  EXPECT_TRUE(end.storm);
  EXPECT_THAT(end.acts, IsEmpty());
  EXPECT_EQ(end.faults.size(), 5U);
}

TEST(Play, ACollectorThatIsCutOffIsBlindAndDoesNothing) {
  const PlayEnd end = Play(BuiltIn("collector-cut-off"), 1);
  EXPECT_GT(end.blind_seconds, 150);
  EXPECT_THAT(end.acts, IsEmpty());
}

// A node that was silent before is not back, and nothing new is said of it.
TEST(Play, ACollectorThatStandsStillForgetsNoSilence) {
  for (const char* what : {"collector_paused", "collector_starved"}) {
    for (const char* kind : {"cable_cut", "kernel_hung", "agent_dead", "kubelet_dead"}) {
      const FaultScenario scenario = Parsed(fmt::format(
          "pools: [{{name: web, nodes: 12, zones: 3}}]\nlast: 10m\nline: {{loss: 0.01}}\nfaults:\n"
          "  - {{kind: {}, at: 2m, node: web-3}}\n  - {{kind: {}, at: 5m, lasts: 3m}}\n",
          kind, what));
      for (std::uint64_t seed = 1; seed < 4; ++seed) {
        const PlayEnd end = Play(scenario, seed);
        EXPECT_TRUE(end.right()) << "seed " << seed << "\n" << TimelineOf(scenario, end);
      }
    }
  }
}

TEST(Play, InDryRunNothingChanges) {
  FaultScenario scenario = BuiltIn("kernel-hung");
  scenario.repair.mode = RepairMode::kDryRun;
  const PlayEnd end = Play(scenario, 1);
  EXPECT_THAT(end.acts, Each(Field(&PlayedAct::intent, Field(&RepairIntent::mode, RepairMode::kDryRun))));
  EXPECT_THAT(end.acts, Not(IsEmpty()));
  EXPECT_EQ(end.faults.front().said, NodeTrouble::kKernelHung) << "at the end of time, too";
}

TEST(Play, AHundredNodesThatHangOneAfterTheOtherAreNotAllTaken) {
  std::string yaml = "pools: [{name: web, nodes: 100, zones: 3}]\nlast: 1h\nrepair: {mode: auto}\nfaults:\n";
  for (int i = 0; i < 40; ++i)
    yaml += fmt::format("  - {{kind: kernel_hung, at: {}s, node: web-{}}}\n", 180 + 60 * i, i);
  const PlayEnd end = Play(Parsed(yaml), 1);
  EXPECT_EQ(NamesOf(end.broken), "");
  EXPECT_TRUE(end.storm);
  EXPECT_LT(std::ranges::count(StepsOf(end), RepairStep::kReboot), 10);
}

// What the scoring is there for: it does not call right what is wrong.
TEST(Score, ALossThatNobodyPlannedIsAFalseVerdict) {
  FaultScenario scenario = BuiltIn("agent-dead");
  SimulatedCluster cluster(scenario, 1, Wall{});
  Score score(cluster);
  Fleet fleet;
  for (auto& member : cluster.members()) fleet.nodes.push_back({.name = member.node.name()});
  score.Looked(fleet, 10);
  EXPECT_THAT(score.false_verdicts(), IsEmpty());
  fleet.nodes.front().trouble = NodeTrouble::kPartitioned;
  score.Looked(fleet, 11);
  score.Looked(fleet, 12);
  EXPECT_EQ(score.false_verdicts().size(), 1U) << "once";
  EXPECT_TRUE(score.Acted({.node = fleet.nodes.front().name, .step = RepairStep::kReboot}, 13));
  EXPECT_FALSE(score.Acted({.node = fleet.nodes.front().name, .step = RepairStep::kPage}, 13));
  EXPECT_FALSE(score.Faults(600).front().right) << "it was never said";
}

TEST(Score, WhatIsSaidTooLateOrTakenBackIsNotRight) {
  FaultScenario scenario = BuiltIn("agent-dead");
  SimulatedCluster cluster(scenario, 1, Wall{});
  const std::size_t struck = *cluster.befallen().front().node;
  Fleet fleet;
  for (auto& member : cluster.members()) fleet.nodes.push_back({.name = member.node.name()});
  const auto say = [&](Score& score, NodeTrouble trouble, double at) {
    fleet.nodes[struck].trouble = trouble;
    score.Looked(fleet, at);
  };
  Score late(cluster);
  say(late, NodeTrouble::kAgentDead, 240);
  EXPECT_FALSE(late.Faults(600).front().right);
  Score taken_back(cluster);
  say(taken_back, NodeTrouble::kAgentDead, 190);
  say(taken_back, NodeTrouble::kNone, 200);
  say(taken_back, NodeTrouble::kAgentDead, 210);
  EXPECT_FALSE(taken_back.Faults(600).front().right);
  Score right(cluster);
  say(right, NodeTrouble::kAgentDead, 190);
  EXPECT_TRUE(right.Faults(600).front().right);
  EXPECT_THAT(right.false_verdicts(), IsEmpty());
}

// The boldest there is: whoever does not answer does not run.
TEST(Play, ANodeThatOnlyTheCollectorDoesNotReachIsNotGivenUpWhereOthersAreAsked) {
  FaultScenario scenario = BuiltIn("cut-from-collector");
  scenario.unanswered_is_gone = true;
  scenario.ask_neighbours = false;
  const auto takes = [](const PlayEnd& end) {
    return std::ranges::any_of(StepsOf(end), [](RepairStep step) { return TakesCapacity(step); });
  };
  EXPECT_TRUE(takes(Play(scenario, 7))) << "or this shows nothing";
  for (const bool leases : {true, false}) {
    scenario.ask_leases = leases;
    scenario.ask_neighbours = !leases;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const PlayEnd end = Play(scenario, seed);
      EXPECT_FALSE(takes(end)) << TimelineOf(scenario, end);
      EXPECT_TRUE(end.right()) << TimelineOf(scenario, end);
    }
  }
}

TEST(Play, ADeadNodeIsGivenUpWhereLeasesAreAskedFor) {
  FaultScenario scenario = BuiltIn("node-killed");
  scenario.unanswered_is_gone = scenario.ask_leases = true;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const PlayEnd end = Play(scenario, seed);
    EXPECT_TRUE(end.right()) << TimelineOf(scenario, end);
    EXPECT_THAT(StepsOf(end), Contains(RepairStep::kDrain)) << TimelineOf(scenario, end);
  }
}

}  // namespace
}  // namespace loadline::collector
