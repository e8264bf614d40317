#include "collector/calendar/time_interval.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <functional>
#include <optional>

#include "schemas/base/text.h"

namespace loadline::collector {
namespace {

constexpr std::array kWeekdays = {"sunday",   "monday", "tuesday", "wednesday",
                                  "thursday", "friday", "saturday"};
constexpr std::array kMonths = {"january", "february", "march",     "april",   "may",      "june",
                                "july",    "august",   "september", "october", "november", "december"};

std::unexpected<Error> Bad(std::string_view text, std::string_view expected) {
  return Failure(ErrorKind::kInvalid, fmt::format("'{}' is no {}", text, expected));
}

std::optional<int> Number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <std::size_t N>
std::optional<int> IndexOf(const std::array<const char*, N>& names, std::string_view text) {
  auto it = std::ranges::find(names, InLowerCase(text));
  return it == names.end() ? std::nullopt : std::optional(static_cast<int>(it - names.begin()));
}

// "a:b" or "a", each end read by `read`; the ends in order.
Result<IntRange> Range(std::string_view text, std::string_view expected,
                       const std::function<std::optional<int>(std::string_view)>& read) {
  const std::size_t colon = text.find(':');
  const std::optional<int> first = read(text.substr(0, colon));
  const std::optional<int> last = colon == text.npos ? first : read(text.substr(colon + 1));
  if (!first || !last) return Bad(text, expected);
  return IntRange{*first, *last};
}

Result<IntRange> InOrder(Result<IntRange> range, std::string_view text) {
  if (range && range->first > range->last) {
    return Failure(ErrorKind::kInvalid, fmt::format("'{}' ends before it begins", text));
  }
  return range;
}

bool In(const std::vector<IntRange>& ranges, int value) {
  return ranges.empty() ||
         std::ranges::any_of(ranges, [&](const IntRange& r) { return r.first <= value && value <= r.last; });
}

// A range may go on over the week's end: friday:monday.
bool InWeekdays(const std::vector<IntRange>& ranges, int day) {
  return ranges.empty() || std::ranges::any_of(ranges, [&](const IntRange& r) {
           return r.first <= r.last ? r.first <= day && day <= r.last : r.first <= day || day <= r.last;
         });
}

bool InDays(const std::vector<IntRange>& ranges, int day, int days_in_month) {
  if (ranges.empty()) return true;
  return std::ranges::any_of(ranges, [&](const IntRange& range) {
    const int first = range.first < 0 ? days_in_month + range.first + 1 : range.first;
    const int last = range.last < 0 ? days_in_month + range.last + 1 : range.last;
    return first <= day && day <= last;
  });
}

}  // namespace

bool TimeInterval::Contains(Wall at) const {
  using namespace std::chrono;
  const Wall local = at + zone.OffsetAt(at);
  const auto day_point = floor<days>(local);
  const year_month_day date(day_point);
  const int minute = static_cast<int>(floor<minutes>(local - day_point).count());
  const int length = static_cast<int>(static_cast<unsigned>((date.year() / date.month() / last).day()));
  const bool in_times = times.empty() || std::ranges::any_of(times, [&](const Times& t) {
                          return t.from <= minute && minute < t.to;
                        });
  return in_times && InWeekdays(weekdays, static_cast<int>(weekday(day_point).c_encoding())) &&
         InDays(days_of_month, static_cast<int>(static_cast<unsigned>(date.day())), length) &&
         In(months, static_cast<int>(static_cast<unsigned>(date.month()))) &&
         In(years, static_cast<int>(date.year()));
}

bool AnyContains(const TimeIntervals& intervals, Wall at) {
  return std::ranges::any_of(intervals, [&](const TimeInterval& interval) { return interval.Contains(at); });
}

Result<IntRange> ParseWeekdays(std::string_view text) {
  return Range(text, "weekday or range of them (monday:friday)",
               [](std::string_view part) { return IndexOf(kWeekdays, part); });
}

Result<IntRange> ParseDaysOfMonth(std::string_view text) {
  constexpr std::string_view kExpected = "day of the month or range of them (1:5, -3:-1)";
  Result<IntRange> range = Range(text, kExpected, Number);
  if (!range) return range;
  const auto valid = [](int day) { return day != 0 && day >= -31 && day <= 31; };
  if (!valid(range->first) || !valid(range->last)) return Bad(text, kExpected);
  // A start from the month's end cannot have an end from its beginning; otherwise a month counts as long as
  // Alertmanager counts it.
  if (range->first < 0 && range->last > 0) return Bad(text, kExpected);
  const auto from_start = [](int day) { return day < 0 ? 30 + day : day; };
  if (from_start(range->first) > from_start(range->last)) {
    return Failure(ErrorKind::kInvalid, fmt::format("'{}' ends before it begins", text));
  }
  return range;
}

Result<IntRange> ParseMonths(std::string_view text) {
  return InOrder(Range(text, "month or range of them (january:march, 1:3)",
                       [](std::string_view part) -> std::optional<int> {
                         if (auto index = IndexOf(kMonths, part)) return *index + 1;
                         const auto number = Number(part);
                         return number && *number >= 1 && *number <= 12 ? number : std::nullopt;
                       }),
                 text);
}

Result<IntRange> ParseYears(std::string_view text) {
  return InOrder(Range(text, "year or range of them (2026:2030)", Number), text);
}

Result<int> ParseTimeOfDay(std::string_view text) {
  const auto digit = [&](std::size_t i) { return std::isdigit(static_cast<unsigned char>(text[i])) != 0; };
  const bool form = text.size() == 5 && text[2] == ':' && digit(0) && digit(1) && digit(3) && digit(4);
  const int minutes = form ? *Number(text.substr(0, 2)) * 60 + *Number(text.substr(3)) : -1;
  if (!form || *Number(text.substr(3)) > 59 || minutes > 24 * 60)
    return Bad(text, "time of day (09:00, 24:00)");
  return minutes;
}

}  // namespace loadline::collector
