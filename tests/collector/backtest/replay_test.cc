#include "collector/backtest/replay.h"

#include <gtest/gtest.h>

#include <cmath>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

// One sample an hour; the value of each from its day.
template <typename OfDay>
Trace Hourly(int days, OfDay bytes) {
  Trace trace{.id = "t", .start = Wall(24h * 20'000), .interval = 1h, .points = {}};
  for (int hour = 0; hour < days * 24; ++hour) {
    trace.points.push_back({.seconds = hour * 3600.0, .cores = 0.5, .bytes = bytes(hour / 24)});
  }
  return trace;
}

Figures ReplayMax(const Trace& trace, const ReplayOptions& options = {}) {
  return Replay(trace, **MakeAlgorithm("max:1:0.25"), options);
}

TEST(Replay, SlackIsTheUnusedShareOfTheRequest) {
  const Figures figures = ReplayMax(Hourly(4, [](int) { return 800e6; }));
  EXPECT_NEAR(*figures.memory_slack, 0.2, 1e-9);  // request 1000e6
  EXPECT_EQ(*figures.oom_days, 0);
  EXPECT_NEAR(*figures.cpu_slack, 0.2, 1e-9);
  EXPECT_EQ(*figures.cpu_over, 0);
  EXPECT_EQ(*figures.changes_per_day, 0);
}

TEST(Replay, OneWindowOfThreeAboveTheRequestIsAThirdOfTheDays) {
  const Figures figures = ReplayMax(Hourly(4, [](int day) { return day == 2 ? 2000e6 : 800e6; }));
  EXPECT_NEAR(*figures.oom_days, 1.0 / 3, 1e-9);
  EXPECT_NEAR(*figures.changes_per_day, 1.0 / 3, 1e-9);  // up, after the second of three windows
}

TEST(Replay, KnowsNothingOfTheWindowItIsJudgedOn) {
  Trace trace = Hourly(2, [](int) { return 800e6; });
  const Figures before = ReplayMax(trace);
  trace.points.back().bytes = 900e6;  // below the request, and after it was set
  const Figures after = ReplayMax(trace);
  EXPECT_LT(*after.memory_slack, *before.memory_slack);
  EXPECT_NEAR(*before.memory_slack - *after.memory_slack, 0.1 / 24, 1e-9);
}

TEST(Replay, CensoredUsageStopsAtTheRequestAndTheKillIsAnsweredAtOnce) {
  const Trace trace = Hourly(3, [](int day) { return day == 0 ? 800e6 : 1100e6; });
  const Figures open = Replay(trace, **MakeAlgorithm("vpa"), {.floors = false});
  const Figures censored = Replay(trace, **MakeAlgorithm("vpa"), {.floors = false, .censored = true});
  EXPECT_EQ(*open.oom_days, 0.5);
  EXPECT_EQ(*censored.oom_days, 0.5);
  // Answered within the window, so most of it has slack; left as it was, none of it has.
  EXPECT_LT(*open.memory_slack, *censored.memory_slack);
}

TEST(Replay, WindowsOfFewerThanThreeSamplesAreSkipped) {
  Trace trace = Hourly(2, [](int) { return 800e6; });
  trace.points.resize(26);
  EXPECT_FALSE(ReplayMax(trace).oom_days.has_value());
  trace.points = Hourly(2, [](int) { return 800e6; }).points;
  trace.points.resize(27);
  EXPECT_TRUE(ReplayMax(trace).oom_days.has_value());
}

TEST(Replay, WhatWasNotMeasuredHasNoFigure) {
  const Figures figures = ReplayMax(Hourly(3, [](int) { return std::nan(""); }));
  EXPECT_FALSE(figures.memory_slack.has_value());
  EXPECT_FALSE(figures.oom_days.has_value());
  EXPECT_TRUE(figures.cpu_slack.has_value());
}

TEST(Trace, HoldingMemoryKeepsTheLargestOfSixHours) {
  Trace trace{.id = "t", .start = {}, .interval = 1h, .points = {}};
  for (const double bytes : {5., 9., 1., 1., 1., 1., 1., 1., 2.}) {
    trace.points.push_back(
        {.seconds = static_cast<double>(trace.points.size()) * 3600, .cores = 0, .bytes = bytes});
  }
  HoldMemoryForSixHours(trace);
  std::vector<double> held;
  for (const TracePoint& point : trace.points) held.push_back(point.bytes);
  EXPECT_EQ(held, (std::vector<double>{5, 9, 9, 9, 9, 9, 9, 1, 2}));
}

}  // namespace
}  // namespace loadline::collector
