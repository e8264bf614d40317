// Recurring stretches of time, as Alertmanager's time_intervals: business hours, weekends, the last days of a
// month. An instant lies in an interval when it satisfies every kind of range that the interval names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collector/calendar/time_zone.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::collector {

// Both ends belong to it.
struct IntRange {
  int first = 0;
  int last = 0;
};

struct TimeInterval {
  struct Times {
    int from = 0;  // minutes of the day
    int to = 0;    // exclusive; 1440 is midnight
  };
  std::vector<Times> times;
  std::vector<IntRange> weekdays;       // Sunday is 0; from 5 to 1 is from Friday to Monday
  std::vector<IntRange> days_of_month;  // negative ones count from the month's end: -1 is its last day
  std::vector<IntRange> months;         // January is 1
  std::vector<IntRange> years;
  TimeZone zone{};

  [[nodiscard]] bool Contains(Wall at) const;
};

// A named one is any of several.
using TimeIntervals = std::vector<TimeInterval>;
[[nodiscard]] bool AnyContains(const TimeIntervals& intervals, Wall at);

// "monday:friday", "friday:monday", "saturday"; "1:5", "-3:-1"; "january:march", "12"; "2026:2030"; "09:00", "24:00".
Result<IntRange> ParseWeekdays(std::string_view text);
Result<IntRange> ParseDaysOfMonth(std::string_view text);
Result<IntRange> ParseMonths(std::string_view text);
Result<IntRange> ParseYears(std::string_view text);
Result<int> ParseTimeOfDay(std::string_view text);

}  // namespace loadline::collector
