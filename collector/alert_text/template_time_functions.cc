// Methods of times and spans, and Alertmanager's functions for them: .Format, .Sub, date, tz, since ...
#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>

#include "collector/alert_text/template_format.h"
#include "collector/alert_text/template_functions.h"
#include "collector/alert_text/template_time.h"

namespace loadline::collector {
namespace {

const TimeValue& Time(const TemplateCall& call, std::size_t i) {
  return std::get<TimeValue>(call.arguments[i]);
}

std::int64_t Span(const TemplateCall& call, std::size_t i) {
  return std::get<SpanValue>(call.arguments[i]).nanoseconds;
}

std::int64_t Whole(const TemplateCall& call, std::size_t i) {
  return std::get<IntValue>(call.arguments[i]).value;
}

const std::string& Words(const TemplateCall& call, std::size_t i) {
  return AsText(call.arguments[i])->bytes();
}

Value Own(std::string text) {
  return TextOf(MarkedText(std::move(text)));
}

// A layout may be a label's, and what is in it is written as it is.
Value Formatted(TemplateCall& call, const TimeValue& time, std::size_t layout) {
  const MarkedText& by = *AsText(call.arguments[layout]);
  call.meter.ChargeBytes(8 * by.size());
  return TextOf(by.Became(FormatTime(time, by.bytes())));
}

Value AsWords(TemplateCall& call) {
  return TextOf(Written(call.arguments[0], call.meter));
}

// Times.
Value Format(TemplateCall& call) {
  return Formatted(call, Time(call, 0), 1);
}

template <int CivilTime::* part>
Value Part(TemplateCall& call) {
  return IntOf(CivilOf(Time(call, 0)).*part);
}

Value Year(TemplateCall& call) {
  return IntOf(CivilOf(Time(call, 0)).year);
}

Value Month(TemplateCall& call) {
  return IntOf(CivilOf(Time(call, 0)).month, IntValue::Kind::kMonth);
}

Value Weekday(TemplateCall& call) {
  return IntOf(CivilOf(Time(call, 0)).weekday, IntValue::Kind::kWeekday);
}

Value Nanosecond(TemplateCall& call) {
  return IntOf(Time(call, 0).nanoseconds);
}

// Beyond what nanoseconds reach it is any number, as with Go.
Value UnixOf(TemplateCall& call, std::int64_t per_second) {
  const TimeValue& time = Time(call, 0);
  const auto scaled = static_cast<std::uint64_t>(time.seconds) * static_cast<std::uint64_t>(per_second) +
                      static_cast<std::uint64_t>(time.nanoseconds / (kNanoseconds / per_second));
  return IntOf(static_cast<std::int64_t>(scaled), IntValue::Kind::kInt64);
}

template <std::int64_t per_second>
Value Unix(TemplateCall& call) {
  return UnixOf(call, per_second);
}

Value InUtc(TemplateCall& call) {
  const TimeValue& time = Time(call, 0);
  return TimeValue{.seconds = time.seconds, .nanoseconds = time.nanoseconds};
}

TimeValue InZone(const TimeValue& time, const std::string& name) {
  Result<TimeZone> zone = LoadTimeZone(name);
  if (!zone) throw TemplateFault{.words = zone.error().message};
  return {.seconds = time.seconds, .nanoseconds = time.nanoseconds, .zone = std::move(*zone)};
}

Value InLocal(TemplateCall& call) {
  return InZone(Time(call, 0), "Local");
}

Value Add(TemplateCall& call) {
  return Moved(Time(call, 0), Span(call, 1));
}

// The clock shows the same, as far as the zone allows.
Value AddDate(TemplateCall& call) {
  const TimeValue& time = Time(call, 0);
  const CivilTime at = CivilOf(time);
  constexpr std::int64_t kMost = 1'000'000;  // far beyond what a time can be
  const auto on = [&](std::size_t i) { return std::clamp(Whole(call, i), -kMost, kMost); };
  const std::int64_t seconds = SecondsOf(at.year + on(1), at.month + on(2), at.day + on(3));
  TimeValue moved = time;
  moved.seconds = seconds + at.hour * 3600LL + at.minute * 60LL + at.second - at.offset;
  if (const std::int64_t now = CivilOf(moved).offset; now != at.offset) moved.seconds += at.offset - now;
  return moved;
}

Value Sub(TemplateCall& call) {
  return SpanValue{.nanoseconds = Between(Time(call, 1), Time(call, 0))};
}

Value Before(TemplateCall& call) {
  return Compare(Time(call, 0), Time(call, 1)) < 0;
}

Value After(TemplateCall& call) {
  return Compare(Time(call, 0), Time(call, 1)) > 0;
}

Value Equal(TemplateCall& call) {
  return Compare(Time(call, 0), Time(call, 1)) == 0;
}

Value CompareTimes(TemplateCall& call) {
  return IntOf(Compare(Time(call, 0), Time(call, 1)));
}

Value IsZero(TemplateCall& call) {
  const TimeValue& time = Time(call, 0);
  return time.nanoseconds == 0 && time.seconds == SecondsOf(1, 1, 1);
}

// Of a time since the year 1, as with Go.
std::int64_t Rest(const TimeValue& time, std::int64_t unit) {
  const __int128 since =
      static_cast<__int128>(time.seconds - SecondsOf(1, 1, 1)) * kNanoseconds + time.nanoseconds;
  return static_cast<std::int64_t>(since % unit);
}

Value TruncateTime(TemplateCall& call) {
  const std::int64_t unit = Span(call, 1);
  return unit <= 0 ? Time(call, 0) : Moved(Time(call, 0), -Rest(Time(call, 0), unit));
}

Value RoundTime(TemplateCall& call) {
  const std::int64_t unit = Span(call, 1);
  if (unit <= 0) return Time(call, 0);
  const std::int64_t rest = Rest(Time(call, 0), unit);
  return Moved(Time(call, 0), rest < unit - rest ? -rest : unit - rest);
}

constexpr TemplateFunction kOfTimes[] = {
    {"Format", "s", Format},
    {"String", "", AsWords},
    {"Year", "", Year},
    {"Month", "", Month},
    {"Day", "", Part<&CivilTime::day>},
    {"Hour", "", Part<&CivilTime::hour>},
    {"Minute", "", Part<&CivilTime::minute>},
    {"Second", "", Part<&CivilTime::second>},
    {"Nanosecond", "", Nanosecond},
    {"Weekday", "", Weekday},
    {"YearDay", "", Part<&CivilTime::year_day>},
    {"Unix", "", Unix<1>},
    {"UnixMilli", "", Unix<1'000>},
    {"UnixMicro", "", Unix<1'000'000>},
    {"UnixNano", "", Unix<kNanoseconds>},
    {"UTC", "", InUtc},
    {"Local", "", InLocal},
    {"Add", "d", Add},
    {"AddDate", "iii", AddDate},
    {"Sub", "t", Sub},
    {"Before", "t", Before},
    {"After", "t", After},
    {"Equal", "t", Equal},
    {"Compare", "t", CompareTimes},
    {"IsZero", "", IsZero},
    {"Truncate", "d", TruncateTime},
    {"Round", "d", RoundTime},
};

// Spans of time.
template <std::int64_t unit>
Value In(TemplateCall& call) {
  const std::int64_t span = Span(call, 0);
  return static_cast<double>(span / unit) + static_cast<double>(span % unit) / static_cast<double>(unit);
}

template <std::int64_t unit>
Value WholeIn(TemplateCall& call) {
  return IntOf(Span(call, 0) / unit, IntValue::Kind::kInt64);
}

Value TruncateSpan(TemplateCall& call) {
  const std::int64_t unit = Span(call, 1);
  return SpanValue{.nanoseconds = unit <= 0 ? Span(call, 0) : Span(call, 0) - Span(call, 0) % unit};
}

Value RoundSpan(TemplateCall& call) {
  const std::int64_t span = Span(call, 0);
  const std::int64_t unit = Span(call, 1);
  if (unit <= 0) return SpanValue{.nanoseconds = span};
  const std::int64_t rest = span % unit;
  const __int128 down = static_cast<__int128>(span) - rest;
  const std::int64_t size = std::abs(rest);
  const __int128 rounded = size < unit - size ? down : down + (span < 0 ? -unit : unit);
  return SpanValue{.nanoseconds = rounded > INT64_MAX   ? INT64_MAX
                                  : rounded < INT64_MIN ? INT64_MIN
                                                        : static_cast<std::int64_t>(rounded)};
}

Value AbsOfSpan(TemplateCall& call) {
  const std::int64_t span = Span(call, 0);
  return SpanValue{.nanoseconds = span >= 0 ? span : span == INT64_MIN ? INT64_MAX : -span};
}

constexpr TemplateFunction kOfSpans[] = {
    {"String", "", AsWords},
    {"Hours", "", In<3600 * kNanoseconds>},
    {"Minutes", "", In<60 * kNanoseconds>},
    {"Seconds", "", In<kNanoseconds>},
    {"Milliseconds", "", WholeIn<kNanoseconds / 1'000>},
    {"Microseconds", "", WholeIn<1'000>},
    {"Nanoseconds", "", WholeIn<1>},
    {"Truncate", "d", TruncateSpan},
    {"Round", "d", RoundSpan},
    {"Abs", "", AbsOfSpan},
};

// Alertmanager's functions.
Value Date(TemplateCall& call) {
  return Formatted(call, Time(call, 1), 0);
}

Value Tz(TemplateCall& call) {
  call.meter.Charge(100);
  return InZone(Time(call, 1), Words(call, 0));
}

Value Now(TemplateCall& call) {
  return call.now;
}

Value Since(TemplateCall& call) {
  return SpanValue{.nanoseconds = Between(Time(call, 0), call.now)};
}

double NumberOf(const Value& value) {
  if (const double* number = std::get_if<double>(&value)) return *number;
  if (const auto* span = std::get_if<SpanValue>(&value)) return static_cast<double>(span->nanoseconds) / 1e9;
  if (const auto* number = std::get_if<IntValue>(&value);
      number != nullptr && (number->kind == IntValue::Kind::kInt || number->kind == IntValue::Kind::kInt64)) {
    return static_cast<double>(number->value);
  }
  if (const MarkedText* text = AsText(value)) {
    char* end = nullptr;
    const std::string& digits = text->bytes();
    const double number = std::strtod(digits.c_str(), &end);
    const bool spaces = digits.empty() || std::isspace(static_cast<unsigned char>(digits[0])) != 0;
    if (!spaces && end == digits.c_str() + digits.size()) return number;
  }
  throw TemplateFault{.words = fmt::format("this {} is no number", TypeName(value))};
}

Value HumanizeDuration(TemplateCall& call) {
  return Own(HumanSpan(NumberOf(call.arguments[0])));
}

Value MustToDate(TemplateCall& call) {
  call.meter.ChargeBytes(8 * Words(call, 0).size());
  const std::optional<TimeValue> time = TimeByLayout(Words(call, 0), Words(call, 1));
  if (!time) throw TemplateFault{.words = "the time is not of the layout"};
  return *time;
}

Value ToDate(TemplateCall& call) {
  call.meter.ChargeBytes(8 * Words(call, 0).size());
  return TimeByLayout(Words(call, 0), Words(call, 1)).value_or(TimeValue{.seconds = SecondsOf(1, 1, 1)});
}

Value AddDuration(TemplateCall& call) {
  const std::optional<SpanValue> span = SpanFromText(Words(call, 0));
  if (!span) throw TemplateFault{.words = "expected a span as 1h30m"};
  call.arguments[0] = Moved(Time(call, 1), span->nanoseconds);
  return UnixOf(call, 1'000);
}

constexpr TemplateFunction kTimes[] = {
    {"date", "st", Date},
    {"tz", "st", Tz},
    {"now", "", Now},
    {"since", "t", Since},
    {"toDate", "ss", ToDate},
    {"mustToDate", "ss", MustToDate},
    {"addDuration", "st", AddDuration},
    {"humanizeDuration", "a", HumanizeDuration},
};

}  // namespace

std::span<const TemplateFunction> TimeFunctions() {
  return kTimes;
}

std::span<const TemplateFunction> MethodsOfTimes() {
  return kOfTimes;
}

std::span<const TemplateFunction> MethodsOfSpans() {
  return kOfSpans;
}

}  // namespace loadline::collector
