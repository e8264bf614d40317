// Times and spans of time as Go's templates use them: layouts that show one certain time ("2006-01-02
// 15:04:05"), zones by name, and spans as "1h30m".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "collector/alert_text/template_value.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

inline constexpr std::int64_t kNanoseconds = 1'000'000'000;  // in a second

// As a calendar and a clock in its zone show it.
struct CivilTime {
  std::int64_t year = 1970;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int weekday = 4;  // from Sunday, 0
  int year_day = 1;
  std::int64_t offset = 0;  // in seconds
  std::string zone{};       // "CET"
};
CivilTime CivilOf(const TimeValue& time);
// The time that a clock in UTC shows so; days beyond a month's end are counted on.
std::int64_t SecondsOf(std::int64_t year, std::int64_t month, std::int64_t day);

TimeValue TimeOf(Wall at);
// "2026-01-01T10:15:00.123Z"; nothing for what is none.
std::optional<TimeValue> TimeFromJson(std::string_view text);
std::string TimeJson(const TimeValue& time);

// By a layout of Go's.
std::string FormatTime(const TimeValue& time, std::string_view layout);
// In UTC where the text has no offset; nothing where it is not of the layout.
std::optional<TimeValue> TimeByLayout(std::string_view layout, std::string_view text);
// "2026-01-01 10:15:00.123 +0000 UTC"
std::string TimeText(const TimeValue& time);

// Moved and kept within some thousand years: throws TemplateFault beyond.
TimeValue Moved(const TimeValue& time, std::int64_t nanoseconds);
// Nanoseconds from `from` to `to`, at most some 292 years, as Go has it.
std::int64_t Between(const TimeValue& from, const TimeValue& to);
// Negative, 0 or positive as `a` is before, at or after `b`.
int Compare(const TimeValue& a, const TimeValue& b);

// "1h30m0s"
std::string SpanText(const SpanValue& span);
std::optional<SpanValue> SpanFromText(std::string_view text);
// "1d 2h 3m 4s" of seconds, as Prometheus and Alertmanager write it.
std::string HumanSpan(double seconds);

// Of numbers that are none, "%!Month(13)".
std::string MonthName(std::int64_t month);
std::string WeekdayName(std::int64_t weekday);

}  // namespace loadline::collector
