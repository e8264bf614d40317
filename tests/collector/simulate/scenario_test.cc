#include "collector/simulate/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

constexpr const char* kCluster = R"(pools:
  - {name: web, nodes: 6, zones: 3}
  - {name: batch, nodes: 2}
last: 10m
)";

std::string FaultOf(const std::string& yaml) {
  const auto scenario = ParseFaultScenario(yaml, "x.yaml");
  return scenario ? "" : scenario.error().message;
}

TEST(FaultScenario, IsReadWhole) {
  const auto scenario = ParseFaultScenario(std::string(kCluster) + R"(line: {loss: 0.01, jitter: 50ms}
repair: {mode: auto, unanswered_is_gone: true, look_on: 1m, max_in_flight: 3}
faults:
  - {kind: kernel_hung, at: 3m, lasts: 90s, node: web-3}
  - {kind: cable_cut, at: 5m, zone: zone-2}
  - {kind: line_lossy, share: 0.5, loss: 0.1}
)",
                                           "x.yaml");
  ASSERT_TRUE(scenario) << scenario.error().message;
  EXPECT_EQ(scenario->pools.size(), 2U);
  EXPECT_EQ(scenario->last, 600);
  EXPECT_EQ(scenario->loss, 0.01);
  EXPECT_EQ(scenario->jitter, 0.05);
  EXPECT_EQ(scenario->repair.mode, RepairMode::kAuto);
  EXPECT_TRUE(scenario->unanswered_is_gone);
  EXPECT_EQ(scenario->repair.limits.settle, std::chrono::minutes(1));
  EXPECT_EQ(scenario->repair.limits.cluster.in_flight, 3);
  ASSERT_EQ(scenario->faults.size(), 3U);
  EXPECT_EQ(scenario->faults[0].kind, FaultKind::kKernelHung);
  EXPECT_EQ(scenario->faults[0].at, 180);
  EXPECT_EQ(scenario->faults[0].lasts, 90);
  EXPECT_EQ(scenario->faults[0].targets.node, "web-3");
  EXPECT_EQ(scenario->faults[1].lasts, kNever);
  EXPECT_EQ(scenario->faults[2].loss, 0.1);
}

TEST(FaultScenario, SaysWhatIsWrongWithFileLineAndKey) {
  const std::string cluster = kCluster;
  EXPECT_EQ(FaultOf("last: 5m\n"), "x.yaml: line 1: scenario: pools: needed");
  EXPECT_EQ(FaultOf(cluster + "line: {loss: 2}\n"),
            "x.yaml: line 5: line: loss: expected a number from 0 to 1, and not '2'");
  EXPECT_EQ(FaultOf(cluster + "line: {lost: 0.1}\n"), "x.yaml: line 5: line: unknown key 'lost'");
  EXPECT_EQ(FaultOf(cluster + "repair: {mode: bold}\n"),
            "x.yaml: line 5: repair: mode: there is no 'bold': off, dry-run, ask, auto");
  EXPECT_THAT(
      FaultOf(cluster + "faults:\n  - {kind: node_dead}\n"),
      testing::StartsWith("x.yaml: line 6: fault: kind: there is no 'node_dead'; there are agent_dead, "));
  EXPECT_EQ(FaultOf(cluster + "faults:\n  - {kind: cable_cut, node: web-6}\n"),
            "x.yaml: line 6: fault: node: there is no 'web-6'");
  EXPECT_EQ(FaultOf(cluster + "faults:\n  - {kind: cable_cut, zone: zone-1, nodes: 2}\n"),
            "x.yaml: line 6: fault: one of node, nodes, pool, zone and share says whom it befalls");
  EXPECT_EQ(FaultOf(cluster + "faults:\n  - {kind: cable_cut, at: 10m}\n"),
            "x.yaml: line 6: fault: at: then the simulation is over");
  EXPECT_EQ(FaultOf(cluster + "faults:\n  - {kind: cable_cut, loss: 0.1}\n"),
            "x.yaml: line 6: fault: unknown key 'loss'");
  EXPECT_THAT(FaultOf("pools: [{name: a"), testing::StartsWith("x.yaml: line "));
}

TEST(FaultScenario, ThoseThatComeWithTheProgramAreReadAndSayWhatTheyAre) {
  EXPECT_GE(BuiltInScenarios().size(), 12U);
  for (const BuiltInScenario& known : BuiltInScenarios()) {
    EXPECT_THAT(known.yaml, testing::StartsWith("# ")) << known.name;
    const auto scenario = ParseFaultScenario(known.yaml, known.name);
    EXPECT_TRUE(scenario) << scenario.error().message;
  }
}

}  // namespace
}  // namespace loadline::collector
