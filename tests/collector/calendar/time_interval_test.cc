#include "collector/calendar/time_interval.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

using namespace std::chrono;

Wall At(int y, unsigned m, unsigned d, int hour = 0, int minute = 0) {
  return sys_days{year{y} / month{m} / day{d}} + hours(hour) + minutes(minute);
}

TEST(TimeInterval, OneThatNamesNothingIsAlways) {
  EXPECT_TRUE(TimeInterval{}.Contains(At(2026, 1, 1)));
}

TEST(TimeInterval, BusinessHoursEndBeforeTheirLastMinute) {
  TimeInterval hours{.times = {{9 * 60, 17 * 60}}, .weekdays = {*ParseWeekdays("monday:friday")}};
  EXPECT_FALSE(hours.Contains(At(2026, 11, 20, 8, 59)));
  EXPECT_TRUE(hours.Contains(At(2026, 11, 20, 9, 0)));
  EXPECT_TRUE(hours.Contains(At(2026, 11, 20, 16, 59)));
  EXPECT_FALSE(hours.Contains(At(2026, 11, 20, 17, 0)));
  EXPECT_FALSE(hours.Contains(At(2026, 11, 21, 12, 0))) << "a Saturday";
}

TEST(TimeInterval, WeekdaysMayGoOnOverTheEndOfTheWeek) {
  TimeInterval weekend{.weekdays = {*ParseWeekdays("friday:monday")}};
  EXPECT_TRUE(weekend.Contains(At(2026, 11, 20))) << "a Friday";
  EXPECT_TRUE(weekend.Contains(At(2026, 11, 22))) << "a Sunday";
  EXPECT_TRUE(weekend.Contains(At(2026, 11, 23))) << "a Monday";
  EXPECT_FALSE(weekend.Contains(At(2026, 11, 24))) << "a Tuesday";
}

TEST(TimeInterval, DaysMayCountFromTheEndOfTheMonth) {
  TimeInterval last{.days_of_month = {*ParseDaysOfMonth("-3:-1")}};
  EXPECT_FALSE(last.Contains(At(2026, 2, 25)));
  EXPECT_TRUE(last.Contains(At(2026, 2, 26)));
  EXPECT_TRUE(last.Contains(At(2026, 2, 28)));
  EXPECT_TRUE(last.Contains(At(2028, 2, 29)));
  EXPECT_FALSE(last.Contains(At(2028, 2, 26)));
}

TEST(TimeInterval, MonthsAndYearsAreInclusive) {
  TimeInterval summer{.months = {*ParseMonths("june:8")}, .years = {*ParseYears("2026:2027")}};
  EXPECT_TRUE(summer.Contains(At(2026, 6, 1)));
  EXPECT_TRUE(summer.Contains(At(2027, 8, 31, 23, 59)));
  EXPECT_FALSE(summer.Contains(At(2028, 7, 1)));
  EXPECT_FALSE(summer.Contains(At(2026, 9, 1)));
}

TEST(TimeInterval, IsReckonedInItsOwnZoneThroughDaylightSaving) {
  auto berlin = LoadTimeZone("Europe/Berlin");
  if (!berlin) GTEST_SKIP() << berlin.error().message << ": tzdata is not installed";
  TimeInterval nine{.times = {{9 * 60, 10 * 60}}, .zone = *berlin};
  EXPECT_TRUE(nine.Contains(At(2026, 1, 15, 8, 30))) << "winter: an hour ahead of UTC";
  EXPECT_TRUE(nine.Contains(At(2026, 7, 15, 7, 30))) << "summer: two";
  EXPECT_FALSE(nine.Contains(At(2026, 7, 15, 8, 30)));
  // The clocks go forward on 29 March 2026 at 01:00 UTC.
  EXPECT_EQ(berlin->OffsetAt(At(2026, 3, 29, 0, 59)), hours(1));
  EXPECT_EQ(berlin->OffsetAt(At(2026, 3, 29, 1, 0)), hours(2));
}

TEST(TimeZone, SummersComeAfterTheLastOneThatTheFileNames) {
  auto berlin = LoadTimeZone("Europe/Berlin");
  if (!berlin) GTEST_SKIP() << berlin.error().message << ": tzdata is not installed";
  EXPECT_EQ(berlin->OffsetAt(At(2040, 1, 15)), hours(1));
  EXPECT_EQ(berlin->OffsetAt(At(2040, 7, 15)), hours(2));
  EXPECT_EQ(berlin->OffsetAt(At(2100, 7, 15)), hours(2));
}

// Files as most systems but Debian have them: no change after the last that differs from the rule at their
// end.
TEST(TimeZone, AFileThatEndsInARuleIsObeyed) {
  TemporaryFolder folder;
  std::ofstream(folder.path() + "/source") << R"(
Rule Eu 1996 max - Mar lastSun 1:00u 1:00 S
Rule Eu 1996 max - Oct lastSun 1:00u 0 -
Zone Test/Slim 1:00 Eu CE%sT
)";
  const std::string zic =
      "PATH=$PATH:/usr/sbin zic -b slim -d " + folder.path() + " " + folder.path() + "/source";
  if (std::system(zic.c_str()) != 0) GTEST_SKIP() << "zic is not installed (libc-bin)";
  ASSERT_EQ(setenv("TZDIR", folder.path().c_str(), 1), 0);
  const auto zone = LoadTimeZone("Test/Slim");
  unsetenv("TZDIR");
  ASSERT_TRUE(zone) << zone.error().message;
  EXPECT_LT(std::filesystem::file_size(folder.path() + "/Test/Slim"), 1000U);
  for (const int year : {2026, 2040}) {
    EXPECT_EQ(zone->OffsetAt(At(year, 1, 15)), hours(1)) << year;
    EXPECT_EQ(zone->OffsetAt(At(year, 7, 15)), hours(2)) << year;
  }
}

TEST(TimeZone, WhatIsNoZoneIsRefused) {
  EXPECT_FALSE(LoadTimeZone("Mars/Olympus"));
  EXPECT_FALSE(LoadTimeZone("../../../etc/passwd"));
  EXPECT_FALSE(LoadTimeZone("/etc/localtime"));
  EXPECT_FALSE(LoadTimeZone("Fixed/UTC+01:00:00"));
  EXPECT_EQ(LoadTimeZone("UTC")->OffsetAt(At(2026, 7, 1)), hours(0));
}

TEST(TimeIntervalText, RefusesWhatIsNoRange) {
  for (const char* text : {"", "funday", "monday:", "1"}) EXPECT_FALSE(ParseWeekdays(text)) << text;
  for (const char* text : {"0", "32", "5:1", "-1:-3", "-1:5", "31:-1", "a"})
    EXPECT_FALSE(ParseDaysOfMonth(text)) << text;
  for (const char* text : {"december:january", "jan", "5:3", "13", "0", "-1", "january:13"})
    EXPECT_FALSE(ParseMonths(text)) << text;
  for (const char* text : {"2027:2026", "year"}) EXPECT_FALSE(ParseYears(text)) << text;
  for (const char* text : {"9:00", "24:01", "09:60", "0900", "ab:cd"})
    EXPECT_FALSE(ParseTimeOfDay(text)) << text;
  EXPECT_EQ(*ParseTimeOfDay("24:00"), 1440);
  EXPECT_TRUE(ParseDaysOfMonth("1:-1"));
}

}  // namespace
}  // namespace loadline::collector
