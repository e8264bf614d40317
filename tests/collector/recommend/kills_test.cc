#include "collector/recommend/kills.h"

#include <gtest/gtest.h>

#include <vector>

#include "schemas/base/units.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

const Wall kStart = Wall(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});

OomSample Kill(Duration at, Bytes size) {
  return {.at = kStart + at, .usage = size, .limit = size};
}

double InMiB(const std::vector<OomSample>& kills, Duration at) {
  return NeedAfterKills(kills, kStart + at) / static_cast<double>(kMiB);
}

TEST(Kills, OneAsksForALargeStepForADayThenForAMarginThatFades) {
  const std::vector<OomSample> kills = {Kill(0h, kGiB)};
  EXPECT_NEAR(InMiB(kills, 1h), 4.2 * 1024, 1);
  EXPECT_NEAR(InMiB(kills, 25h), 1.15 * 1024, 1);
  EXPECT_NEAR(InMiB(kills, days(3)), 1.15 * 1024, 1);
  EXPECT_NEAR(InMiB(kills, days(3) + 134h), 1.15 * 512, 1);
  EXPECT_EQ(InMiB(kills, days(29)), 0);
  EXPECT_EQ(InMiB({}, 1h), 0);
}

TEST(Kills, WhatIsAddedToALargeContainerIsBounded) {
  EXPECT_NEAR(InMiB({Kill(0h, 8 * kGiB)}, 1h), 12 * 1024, 1);
  EXPECT_NEAR(InMiB({Kill(0h, 64 * kGiB)}, 1h), 80 * 1024, 1);
  // Whoever starts at 256 MiB and needs 4 GiB is there after two.
  EXPECT_GT(InMiB({Kill(0h, 1075 * kMiB)}, 1h), 4096);
}

TEST(Kills, OneThatRepeatsHoldsForAsLongAsItMayTakeToCome) {
  const std::vector<OomSample> weekly = {Kill(0h, kGiB), Kill(days(7), kGiB)};
  EXPECT_NEAR(InMiB(weekly, days(7 + 13)), 1.15 * 1024, 1);
  EXPECT_LT(InMiB(weekly, days(7 + 20)), 1024);
  EXPECT_EQ(InMiB(weekly, days(7 + 14 + 26)), 0);
}

TEST(Kills, OneAtWhatItWasGivenAfterTheLastAsksForMoreEachTime) {
  std::vector<OomSample> kills = {Kill(0h, 1000 * kMiB), Kill(days(3), 1150 * kMiB)};
  EXPECT_NEAR(InMiB(kills, days(5)), 1.6 * 1150, 1);
  kills.push_back(Kill(days(6), 1840 * kMiB));
  EXPECT_NEAR(InMiB(kills, days(8)), 2 * 1840, 1);
  kills.push_back(Kill(days(9), 3680 * kMiB));
  EXPECT_NEAR(InMiB(kills, days(11)), 2 * 3680, 1) << "and no more than that";
}

TEST(Kills, OneBeforeAnythingWasGivenAsksForNoMore) {
  EXPECT_NEAR(InMiB({Kill(0h, kGiB), Kill(days(3), kGiB), Kill(days(6), kGiB)}, days(8)), 1.15 * 1024, 1);
}

TEST(Kills, OneStartedAnewAfterAKillNearItsLimitIsStillNearIt) {
  std::vector<OomSample> kills = {Kill(0h, kGiB), Kill(5min, kGiB)};
  EXPECT_NEAR(InMiB(kills, 1h), 4.2 * 1024, 1);
  kills[0].near_limit = true;
  EXPECT_NEAR(InMiB(kills, 1h), 2 * 1024, 1);
  kills.push_back(Kill(10min, 2 * kGiB));
  EXPECT_NEAR(InMiB(kills, 1h), 2048 + 4096, 1) << "that was not enough: it is far from what it needs";
}

TEST(Kills, AMuchSmallerOneRenewsNothing) {
  const std::vector<OomSample> kills = {Kill(0h, 8 * kGiB), Kill(days(20), 300 * kMiB)};
  EXPECT_LT(InMiB(kills, days(20) + 25h), 2048);
  EXPECT_LT(InMiB(kills, days(29)), 345) << "it is the smaller one that is left";
  EXPECT_GT(InMiB(kills, days(29)), 150);
}

// 400 MiB all the time, 3000 for an hour at each of these, and killed at 465 the first time: what is held so many days
// later, in MiB.
double Held(const std::vector<Duration>& times, Duration at) {
  BlockPeaks peaks;
  const auto in_mib = static_cast<double>(kMiB);
  for (Duration age = 0h; age < at; age += 1h) peaks.Add(400 * in_mib, kStart + age);
  for (const Duration peak : times) {
    if (peak < at) peaks.Add(3000 * in_mib, kStart + peak);
  }
  return PeakThatKilled(std::vector{Kill(times.front(), 465 * kMiB)}, peaks, kStart + at) / in_mib;
}

TEST(Kills, ThePeakThatKilledIsHeldUntilItMayComeAgainInAWeek) {
  EXPECT_NEAR(Held({days(4)}, days(5)), 3000, 30) << "and not what it was killed at";
  EXPECT_NEAR(Held({days(4)}, days(11) + 1h), 3000, 30);
  EXPECT_EQ(Held({days(4)}, days(12) + 1h), 0);
}

TEST(Kills, OneThatComesAgainIsHeldForTwiceTheTimeBetween) {
  const std::vector<Duration> each_tenth_day = {days(4), days(14), days(24)};
  EXPECT_NEAR(Held(each_tenth_day, days(24)), 3000, 30);
  EXPECT_NEAR(Held(each_tenth_day, days(41)), 3000, 30) << "although it did not kill again";
  EXPECT_EQ(Held(each_tenth_day, days(45)), 0) << "and what is longer ago than four weeks is not known";
}

TEST(Kills, WhatTheCalendarKnowsIsLeftToIt) {
  EXPECT_EQ(Held({days(4), days(11)}, days(13)), 0);
  EXPECT_EQ(Held({days(4), days(18)}, days(19)), 0);
}

TEST(Kills, AnIncidentThatEndsWithTheKillIsNotHeld) {
  BlockPeaks peaks;
  for (Duration age = 0h; age < days(7); age += 1h) peaks.Add(500, kStart + age);
  peaks.Add(8000, kStart + days(4));
  const OomSample kill{.at = kStart + days(4), .usage = 8000, .limit = 8000};
  EXPECT_EQ(PeakThatKilled(std::vector{kill}, peaks, kStart + days(5)), 0);
  EXPECT_EQ(PeakThatKilled({}, peaks, kStart + days(5)), 0);
  EXPECT_EQ(PeakThatKilled(std::vector{kill}, {}, kStart + days(5)), 0);
}

}  // namespace
}  // namespace loadline::collector
