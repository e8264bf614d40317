#include "collector/backtest/folds.h"

#include <gtest/gtest.h>

#include "collector/backtest/report.h"

namespace loadline::collector {
namespace {

// A series on which more slack is less risk: at the knob k it has `slack` + k and `risk` - k / 2.
SeriesCurve Curve(double slack, double risk, const SlackAndRisk& upstream) {
  SeriesCurve curve{.upstream = upstream};
  for (const double knob : Knobs()) curve.ours.push_back({slack + knob, risk - knob / 2});
  return curve;
}

TEST(Folds, TheDefaultIsAmongTheKnobs) {
  ASSERT_LT(DefaultKnob(), Knobs().size());
  EXPECT_EQ(Knobs()[DefaultKnob()], 0.5);
}

TEST(Folds, WhatIsAheadOnEachSeriesIsAheadInEachDraw) {
  const std::vector<SeriesCurve> series(10, Curve(0, 0.5, {.slack = 0.6, .risk = 0.3}));
  const FoldFigures figures = JudgeFolds(series, 5);
  EXPECT_EQ(figures.series, 10u);
  EXPECT_EQ(figures.ahead, 1);
  EXPECT_EQ(figures.default_ahead, 1);
  // At upstream's risk the knob is 0.4: there the risk is 0.3 as well.
  EXPECT_NEAR(figures.slack.lowest, -0.2, 1e-9);
  EXPECT_NEAR(figures.slack.highest, -0.2, 1e-9);
  EXPECT_NEAR(figures.risk.highest, 0, 1e-9);
}

TEST(Folds, WhatHangsOnFewSeriesIsAheadInSomeDrawsOnly) {
  std::vector<SeriesCurve> series(10, Curve(0, 0.5, {.slack = 0.39, .risk = 0.3}));
  series[3] = Curve(0, 0.5, {.slack = 0.9, .risk = 0.3});
  const FoldFigures figures = JudgeFolds(series, 5);
  // It is drawn at least once in 1 - 0.9^10 of them.
  EXPECT_NEAR(figures.ahead, 0.65, 0.04);
  EXPECT_GT(figures.slack.highest, 0) << "a fold without it is behind";
  EXPECT_LT(figures.slack.lowest, -0.2);
}

TEST(Folds, AKnobThatIsRightForTheOthersMayNotBeForWhatIsKeptBack) {
  std::vector<SeriesCurve> series(4, Curve(0, 0.5, {.slack = 0.6, .risk = 0.3}));
  series[0].upstream.risk = series[2].upstream.risk = 0.2;
  const FoldFigures figures = JudgeFolds(series, 2);
  EXPECT_GT(figures.risk.highest, 0.05);
  EXPECT_LT(figures.risk.lowest, -0.05);
}

TEST(Folds, WithoutAnyKnobThatIsSafeEnoughItIsNotAhead) {
  const std::vector<SeriesCurve> series(4, Curve(0, 0.5, {.slack = 0.99, .risk = 0}));
  EXPECT_EQ(JudgeFolds(series, 2).ahead, 0);
}

TEST(Folds, ASeriesWithoutTheResourceHasNone) {
  EXPECT_FALSE(Of(Figures{.memory_slack = 0.1, .oom_days = 0}, Resource::kCpu).has_value());
  EXPECT_EQ(Of(Figures{.memory_slack = 0.1, .oom_days = 0.2}, Resource::kMemory)->risk, 0.2);
}

TEST(Folds, AreWrittenInPoints) {
  FoldFigures row = JudgeFolds({4, Curve(0, 0.5, {.slack = 0.6, .risk = 0.3})}, 2);
  row.source = "shop";
  EXPECT_NE(ToTable(std::vector{row}).find("-20.00 to -20.00"), std::string::npos);
  EXPECT_EQ(
      ToJsonLines(std::vector{row}).find(R"({"source":"shop","resource":"cpu","series":4,"ahead":1.0,)"), 0u);
}

}  // namespace
}  // namespace loadline::collector
