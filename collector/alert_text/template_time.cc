#include "collector/alert_text/template_time.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

#include "collector/alert_text/template_fault.h"
#include "collector/alert_text/template_layout.h"
#include "collector/alert_text/template_number.h"

namespace loadline::collector {
namespace {

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kMostSeconds = 30'000LL * 365 * kDay;  // of what std::chrono's calendar knows

constexpr std::array<const char*, 12> kMonths = {"January",   "February", "March",    "April",
                                                 "May",       "June",     "July",     "August",
                                                 "September", "October",  "November", "December"};
constexpr std::array<const char*, 7> kWeekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                  "Thursday", "Friday", "Saturday"};

std::string OffsetText(std::int64_t offset, bool colon, bool minutes, bool seconds) {
  const char* between = colon ? ":" : "";
  const std::int64_t size = std::abs(offset);
  std::string text = fmt::format("{}{:02}", offset < 0 ? '-' : '+', size / 3600);
  if (minutes) text += fmt::format("{}{:02}", between, size / 60 % 60);
  if (seconds) text += fmt::format("{}{:02}", between, size % 60);
  return text;
}

// -07:00, Z0700 and their like.
std::string OffsetBy(std::string_view element, std::int64_t offset) {
  if (element[0] == 'Z' && offset == 0) return "Z";
  const bool colon = element.find(':') != std::string_view::npos;
  const std::size_t digits = element.size() - 1 - static_cast<std::size_t>(std::ranges::count(element, ':'));
  return OffsetText(offset, colon, digits >= 4, digits >= 6);
}

std::string FractionBy(std::string_view element, std::int64_t nanoseconds) {
  std::string digits = fmt::format("{:09}", nanoseconds);
  digits.resize(std::min<std::size_t>(element.size() - 1, 9));
  if (element[1] == '9') {
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.empty()) return "";
  }
  return element[0] + digits;
}

std::string DateElement(std::string_view element, const CivilTime& at) {
  const std::string month = MonthName(at.month);
  const std::string weekday = WeekdayName(at.weekday);
  if (element == "2006") return at.year < 0 ? fmt::format("-{:04}", -at.year) : fmt::format("{:04}", at.year);
  if (element == "06") return fmt::format("{:02}", std::abs(at.year) % 100);
  if (element == "January") return month;
  if (element == "Jan") return month.substr(0, 3);
  if (element == "1") return fmt::format("{}", at.month);
  if (element == "01") return fmt::format("{:02}", at.month);
  if (element == "Monday") return weekday;
  if (element == "Mon") return weekday.substr(0, 3);
  if (element == "2") return fmt::format("{}", at.day);
  if (element == "_2") return fmt::format("{:2}", at.day);
  if (element == "02") return fmt::format("{:02}", at.day);
  if (element == "__2") return fmt::format("{:3}", at.year_day);
  return fmt::format("{:03}", at.year_day);
}

std::string ClockElement(std::string_view element, const CivilTime& at) {
  const int hour = at.hour % 12 == 0 ? 12 : at.hour % 12;
  if (element == "15") return fmt::format("{:02}", at.hour);
  if (element == "3") return fmt::format("{}", hour);
  if (element == "03") return fmt::format("{:02}", hour);
  if (element == "4") return fmt::format("{}", at.minute);
  if (element == "04") return fmt::format("{:02}", at.minute);
  if (element == "5") return fmt::format("{}", at.second);
  if (element == "05") return fmt::format("{:02}", at.second);
  return element == "PM" ? at.hour >= 12 ? "PM" : "AM" : at.hour >= 12 ? "pm" : "am";
}

std::string ElementText(std::string_view element, const CivilTime& at, std::int64_t nanoseconds) {
  static constexpr std::array<std::string_view, 9> kClock = {"15", "3",  "03", "4", "04",
                                                             "5",  "05", "PM", "pm"};
  if (element[0] == '.' || element[0] == ',') return FractionBy(element, nanoseconds);
  if (element[0] == 'Z' || element[0] == '-') return OffsetBy(element, at.offset);
  if (element == "MST") {
    return !at.zone.empty() ? at.zone : OffsetText(at.offset, false, true, false);
  }
  if (std::ranges::find(kClock, element) != kClock.end()) return ClockElement(element, at);
  return DateElement(element, at);
}

TimeValue Within(TimeValue time) {
  if (std::abs(time.seconds) > kMostSeconds) throw TemplateFault{.words = "a time is too far away"};
  return time;
}

}  // namespace

CivilTime CivilOf(const TimeValue& time) {
  using namespace std::chrono;
  const sys_seconds at{seconds(time.seconds)};
  const TimeZone::Shown shown = time.zone.ShownAt(at);
  const std::int64_t offset = time.fixed_offset != 0 ? time.fixed_offset : shown.offset.count();
  const sys_seconds local = at + seconds(offset);
  const auto day = floor<days>(local);
  const year_month_day date(day);
  const hh_mm_ss clock(local - day);
  const auto first = sys_days(date.year() / 1 / 1);
  return {.year = static_cast<int>(date.year()),
          .month = static_cast<int>(static_cast<unsigned>(date.month())),
          .day = static_cast<int>(static_cast<unsigned>(date.day())),
          .hour = static_cast<int>(clock.hours().count()),
          .minute = static_cast<int>(clock.minutes().count()),
          .second = static_cast<int>(clock.seconds().count()),
          .weekday = static_cast<int>(weekday(day).c_encoding()),
          .year_day = static_cast<int>((day - first).count()) + 1,
          .offset = offset,
          .zone = time.fixed_offset != 0 ? "" : shown.name};
}

std::int64_t SecondsOf(std::int64_t year, std::int64_t month, std::int64_t day) {
  using namespace std::chrono;
  if (std::max({std::abs(year), std::abs(month), std::abs(day)}) > 20'000)
    throw TemplateFault{.words = "a time is too far away"};
  const auto months_on = std::chrono::year(static_cast<int>(year)) / January + months(month - 1);
  return (sys_days(months_on / 1) + days(day - 1)).time_since_epoch().count() * kDay;
}

TimeValue TimeOf(Wall at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  return {.seconds = seconds.time_since_epoch().count(),
          .nanoseconds = std::chrono::nanoseconds(at - seconds).count()};
}

std::optional<TimeValue> TimeFromJson(std::string_view text) {
  return TimeByLayout("2006-01-02T15:04:05Z07:00", text);
}

std::string TimeJson(const TimeValue& time) {
  return FormatTime(time, "2006-01-02T15:04:05.999999999Z07:00");
}

std::string FormatTime(const TimeValue& time, std::string_view layout) {
  const CivilTime at = CivilOf(time);
  std::string text;
  while (!layout.empty()) {
    const LayoutPiece piece = TakeLayoutPiece(layout);
    text += piece.text;
    if (!piece.element.empty()) text += ElementText(piece.element, at, time.nanoseconds);
  }
  return text;
}

std::string TimeText(const TimeValue& time) {
  return FormatTime(time, "2006-01-02 15:04:05.999999999 -0700 MST");
}

TimeValue Moved(const TimeValue& time, std::int64_t nanoseconds) {
  TimeValue moved = time;
  moved.seconds += nanoseconds / kNanoseconds;
  moved.nanoseconds += nanoseconds % kNanoseconds;
  if (moved.nanoseconds < 0) --moved.seconds, moved.nanoseconds += kNanoseconds;
  if (moved.nanoseconds >= kNanoseconds) ++moved.seconds, moved.nanoseconds -= kNanoseconds;
  return Within(moved);
}

std::int64_t Between(const TimeValue& from, const TimeValue& to) {
  constexpr std::int64_t kMost = INT64_MAX / kNanoseconds - 1;
  const std::int64_t seconds = to.seconds - from.seconds;
  if (seconds > kMost) return INT64_MAX;
  if (seconds < -kMost) return INT64_MIN;
  return seconds * kNanoseconds + to.nanoseconds - from.nanoseconds;
}

int Compare(const TimeValue& a, const TimeValue& b) {
  if (a.seconds != b.seconds) return a.seconds < b.seconds ? -1 : 1;
  return a.nanoseconds == b.nanoseconds ? 0 : a.nanoseconds < b.nanoseconds ? -1 : 1;
}

std::string SpanText(const SpanValue& span) {
  const bool negative = span.nanoseconds < 0;
  const auto size = negative ? 0 - static_cast<std::uint64_t>(span.nanoseconds)
                             : static_cast<std::uint64_t>(span.nanoseconds);
  const std::string sign = negative ? "-" : "";
  const auto in = [&](std::uint64_t whole, std::uint64_t part, int digits, const char* unit) {
    std::string fraction = digits == 0 ? "" : fmt::format(".{:0{}}", part, digits);
    if (digits > 0) fraction.erase(fraction.find_last_not_of("0") + 1);
    if (fraction == ".") fraction.clear();
    return fmt::format("{}{}{}", whole, fraction, unit);
  };
  if (size == 0) return "0s";
  if (size < 1'000) return sign + in(size, 0, 0, "ns");
  if (size < 1'000'000) return sign + in(size / 1'000, size % 1'000, 3, "µs");
  if (size < kNanoseconds) return sign + in(size / 1'000'000, size % 1'000'000, 6, "ms");
  const std::uint64_t seconds = size / kNanoseconds;
  std::string text = sign;
  if (seconds >= 3600) text += fmt::format("{}h", seconds / 3600);
  if (seconds >= 60) text += fmt::format("{}m", seconds / 60 % 60);
  return text + in(seconds % 60, size % kNanoseconds, 9, "s");
}

std::optional<SpanValue> SpanFromText(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, double>, 8> kUnits = {{{"ns", 1},
                                                                                 {"us", 1e3},
                                                                                 {"µs", 1e3},
                                                                                 {"μs", 1e3},
                                                                                 {"ms", 1e6},
                                                                                 {"s", 1e9},
                                                                                 {"m", 60e9},
                                                                                 {"h", 3600e9}}};
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return SpanValue{};
  if (text.empty()) return std::nullopt;
  long double total = 0;
  while (!text.empty()) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
    const std::string number(text.substr(0, digits));
    if (number.find_first_not_of('.') == std::string::npos || std::ranges::count(number, '.') > 1)
      return std::nullopt;
    text.remove_prefix(digits);
    const std::string_view unit = text.substr(0, text.find_first_of("0123456789."));
    const auto known = std::ranges::find(kUnits, unit, &std::pair<std::string_view, double>::first);
    if (known == kUnits.end()) return std::nullopt;
    total += std::strtold(number.c_str(), nullptr) * known->second;
    text.remove_prefix(unit.size());
  }
  if (total > static_cast<long double>(INT64_MAX)) return std::nullopt;
  const auto size = static_cast<std::int64_t>(total);
  return SpanValue{.nanoseconds = negative ? -size : size};
}

std::string HumanSpan(double seconds) {
  if (!std::isfinite(seconds)) return FloatText(seconds, 'g', 4);
  if (seconds == 0) return "0s";
  const char* sign = seconds < 0 ? "-" : "";
  const double size = std::abs(seconds);
  if (size >= 1) {
    const auto whole = static_cast<std::uint64_t>(std::min(size, 9e18));
    const std::uint64_t days = whole / kDay;
    const std::uint64_t hours = whole / 3600 % 24;
    const std::uint64_t minutes = whole / 60 % 60;
    if (days > 0) return fmt::format("{}{}d {}h {}m {}s", sign, days, hours, minutes, whole % 60);
    if (hours > 0) return fmt::format("{}{}h {}m {}s", sign, hours, minutes, whole % 60);
    if (minutes > 0) return fmt::format("{}{}m {}s", sign, minutes, whole % 60);
    return sign + FloatText(size, 'g', 4) + "s";
  }
  double part = seconds;
  std::string prefix;
  for (const char unit : std::string_view("munpfazy")) {
    if (std::abs(part) >= 1) break;
    prefix = unit;
    part *= 1000;
  }
  return FloatText(part, 'g', 4) + prefix + "s";
}

std::string MonthName(std::int64_t month) {
  if (month < 1 || month > 12) return fmt::format("%!Month({})", month);
  return kMonths[static_cast<std::size_t>(month - 1)];
}

std::string WeekdayName(std::int64_t weekday) {
  if (weekday < 0 || weekday > 6) return fmt::format("%!Weekday({})", weekday);
  return kWeekdays[static_cast<std::size_t>(weekday)];
}

}  // namespace loadline::collector
