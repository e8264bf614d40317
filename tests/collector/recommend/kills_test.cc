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

TEST(Kills, OneStartedAnewAfterAKillNearItsLimitIsStillNearIt) {
  std::vector<OomSample> kills = {Kill(0h, kGiB), Kill(5min, kGiB)};
  EXPECT_NEAR(InMiB(kills, 1h), 4.2 * 1024, 1);
  kills[0].near_limit = true;
  EXPECT_NEAR(InMiB(kills, 1h), 1.5 * 1024, 1);
  kills.push_back(Kill(10min, 1536 * kMiB));
  EXPECT_NEAR(InMiB(kills, 1h), 1536 + 4096, 1) << "that was not enough: it is far from what it needs";
}

TEST(Kills, AMuchSmallerOneRenewsNothing) {
  const std::vector<OomSample> kills = {Kill(0h, 8 * kGiB), Kill(days(20), 300 * kMiB)};
  EXPECT_LT(InMiB(kills, days(20) + 25h), 2048);
  EXPECT_LT(InMiB(kills, days(29)), 345) << "it is the smaller one that is left";
  EXPECT_GT(InMiB(kills, days(29)), 150);
}

}  // namespace
}  // namespace loadline::collector
