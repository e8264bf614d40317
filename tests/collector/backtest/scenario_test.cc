#include "collector/backtest/scenario.h"

#include <gtest/gtest.h>

#include <cmath>

namespace loadline::collector {
namespace {

ScenarioResult Play(std::string_view scenario, std::string_view algorithm) {
  auto result = PlayScenario(scenario, **MakeAlgorithm(algorithm));
  EXPECT_TRUE(result.has_value()) << result.error().message;
  return std::move(*result);
}

TEST(Scenario, AThrottledContainerIsServedWithinTenMinutesAndTwoChanges) {
  const ScenarioResult ours = Play("throttled-10x", "loadline");
  EXPECT_LE(ours.Of("minutes_to_serve"), 10);
  EXPECT_LE(ours.Of("applies"), 2);
  EXPECT_GE(ours.Of("final_over_need"), 1);
  EXPECT_LE(ours.Of("final_over_need"), 1.3);
  EXPECT_GT(Play("throttled-10x", "vpa").Of("applies_to_serve"), 10);  // The ladder that this ends.
}

TEST(Scenario, MondayMorningIsNotUnderProvisioned) {
  EXPECT_EQ(Play("office-hours", "loadline").Of("monday_minutes_short"), 0);
  EXPECT_EQ(Play("office-hours", "loadline").Of("changes_a_week"), 0);
  EXPECT_EQ(Play("office-hours", "vpa").Of("monday_minutes_short"), 63);
}

TEST(Scenario, TheWeeklyPeakIsNotForgotten) {
  EXPECT_EQ(Play("weekly-memory-peak", "loadline").Of("weeks_short"), 0);
  EXPECT_EQ(Play("weekly-memory-peak", "vpa").Of("weeks_short"), 3);
}

TEST(Scenario, ABadReplicaIsNotDilutedAndIsNamed) {
  EXPECT_EQ(Play("bad-replica", "loadline").Of("above_the_kill"), 1);
  EXPECT_EQ(Play("bad-replica", "loadline").Of("outliers_named"), 1);
  EXPECT_EQ(Play("bad-replica", "vpa").Of("above_the_kill"), 0);
}

TEST(Scenario, ASkewedDaemonSetIsSizedByNodeClass) {
  EXPECT_EQ(Play("skewed-daemonset", "loadline").Of("pods_short"), 0);
  EXPECT_LT(Play("skewed-daemonset", "loadline").Of("cores_wasted"), 3);
  EXPECT_EQ(Play("skewed-daemonset", "vpa").Of("pods_short"), 5);
}

TEST(Scenario, ALeakIsCalledALeakAndNotFed) {
  const ScenarioResult ours = Play("leak", "loadline");
  EXPECT_LE(ours.Of("called_a_leak_on_day"), 4);
  EXPECT_NEAR(ours.Of("growth_reported"), 100, 5);
  EXPECT_LT(ours.Of("request_at_end"), 900);
  EXPECT_GT(Play("leak", "vpa").Of("request_at_end"), 1800);
}

TEST(Scenario, AStartIsBoostedInsteadOfSizingTheSteadyState) {
  const ScenarioResult ours = Play("jvm-start", "loadline");
  EXPECT_LT(ours.Of("request"), 200);
  EXPECT_GE(ours.Of("boosted_request"), 1990);
  EXPECT_NEAR(ours.Of("boost_for"), 120, 60);
}

TEST(Scenario, AtMostTwoKillsToAStableSize) {
  for (const char* climb : {"oom-climb-4x", "oom-climb-16x"}) {
    const ScenarioResult ours = Play(climb, "loadline");
    EXPECT_LE(ours.Of("kills"), 2) << climb;
    EXPECT_GE(ours.Of("request_after_a_week"), ours.Of("need")) << climb;
    EXPECT_LE(ours.Of("request_after_a_week"), 1.3 * ours.Of("need"))
        << climb;  // What was too much is given back.
  }
  EXPECT_EQ(Play("oom-climb-4x", "vpa").Of("kills"), 4);
  EXPECT_EQ(Play("oom-climb-16x", "vpa").Of("kills"), 8);
}

TEST(Scenario, UnknownNamesAreRefusedWithThoseThatExist) {
  const auto result = PlayScenario("storm", **MakeAlgorithm("vpa"));
  ASSERT_FALSE(result.has_value());
  EXPECT_NE(result.error().message.find("office-hours"), std::string::npos);
}

}  // namespace
}  // namespace loadline::collector
