#include "collector/recommend/season.h"

#include <gtest/gtest.h>

#include <vector>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

const Wall kStart = Wall(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});

// 400 all the time, and 3000 for an hour at each of these.
BlockPeaks With(const std::vector<Duration>& times, Duration until) {
  BlockPeaks peaks;
  for (Duration at = 0h; at < until; at += 1h) peaks.Add(400, kStart + at);
  for (const Duration at : times) peaks.Add(3000, kStart + at);
  return peaks;
}

TEST(Season, APeakIsDueFromADayBeforeUntilSomeHoursAfter) {
  const BlockPeaks weekly = With({days(4) + 9h, days(11) + 9h}, days(17));
  const auto due = [&](Duration at) { return DuePeak(weekly, kStart + at) > 2000; };
  EXPECT_FALSE(due(days(17)));
  EXPECT_TRUE(due(days(17) + 10h));
  EXPECT_TRUE(due(days(18) + 9h));
  EXPECT_TRUE(due(days(18) + 13h)) << "it may be late";
  EXPECT_FALSE(due(days(18) + 18h));
}

TEST(Season, OnceIsAnAccident) {
  EXPECT_LT(DuePeak(With({days(4) + 9h}, days(11)), kStart + days(11)), 500);
  EXPECT_LT(DuePeak(With({days(4) + 9h}, days(18)), kStart + days(18)), 500);
}

TEST(Season, AFortnightIsAPeriod) {
  const BlockPeaks fortnightly = With({days(4) + 9h, days(18) + 9h}, days(32));
  EXPECT_GT(DuePeak(fortnightly, kStart + days(32)), 2900);
  EXPECT_LT(DuePeak(fortnightly, kStart + days(25)), 500) << "the week between";
}

TEST(Season, WhatCameAWeekOrAFortnightBeforeIsOfTheSeason) {
  const auto is = [](const std::vector<Duration>& times) {
    return IsOfSeason(With(times, times.back() + 3h), kStart + times.back(), 3000);
  };
  EXPECT_TRUE(is({days(4) + 9h, days(11) + 9h}));
  EXPECT_TRUE(is({days(4) + 9h, days(18) + 9h}));
  EXPECT_TRUE(is({days(4) + 9h, days(11) + 12h})) << "three hours late";
  EXPECT_FALSE(is({days(4) + 9h, days(14) + 9h}));
  EXPECT_FALSE(is({days(4) + 9h}));
}

}  // namespace
}  // namespace loadline::collector
