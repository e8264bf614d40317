#include "schemas/base/time_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>

namespace loadline {
namespace {

// Takes exactly `digits` digits from the front.
std::optional<int> TakeNumber(std::string_view& text, std::size_t digits) {
  int number = 0;
  if (text.size() < digits) return std::nullopt;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    number = number * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return number;
}

bool TakeSign(std::string_view& text, std::string_view signs) {
  if (text.empty() || signs.find(text[0]) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Duration> TakeFraction(std::string_view& text) {
  if (!text.starts_with('.')) return Duration(0);
  text.remove_prefix(1);
  std::int64_t nanoseconds = 0;
  std::int64_t unit = 100'000'000;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits, unit /= 10)
    nanoseconds += unit * (text[digits] - '0');
  text.remove_prefix(digits);
  return digits == 0 ? std::nullopt : std::optional(Duration(nanoseconds));
}

// "Z" or "+02:00", and nothing behind it.
std::optional<std::chrono::seconds> TakeOffset(std::string_view text) {
  if (text == "Z" || text == "z") return std::chrono::seconds(0);
  const int sign = text.starts_with('-') ? -1 : 1;
  if (!TakeSign(text, "+-")) return std::nullopt;
  const auto hours = TakeNumber(text, 2);
  const bool colon = TakeSign(text, ":");
  const auto minutes = TakeNumber(text, 2);
  if (!hours || !colon || !minutes || !text.empty() || *hours > 23 || *minutes > 59) return std::nullopt;
  return sign * (std::chrono::hours(*hours) + std::chrono::minutes(*minutes));
}

}  // namespace

Result<std::optional<Wall>> ParseRfc3339(std::string_view whole) {
  // Between them every instant has nanoseconds since 1970 in 64 bits, with room to add to.
  constexpr std::chrono::sys_seconds kFirst{};
  constexpr std::chrono::sys_seconds kLast = std::chrono::sys_days(std::chrono::year{2200} / 1 / 1);
  constexpr std::size_t kMostShown = 64;
  std::string_view text = whole;
  const auto bad = Failure(ErrorKind::kInvalid,
                           fmt::format("'{}' is no date-time of RFC 3339", whole.substr(0, kMostShown)));
  std::array<int, 6> parts{};
  static constexpr std::array<std::string_view, 6> kBefore = {"", "-", "-", "Tt ", ":", ":"};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0 && !TakeSign(text, kBefore.at(i))) return bad;
    const auto number = TakeNumber(text, i == 0 ? 4 : 2);
    if (!number) return bad;
    parts.at(i) = *number;
  }
  const auto fraction = TakeFraction(text);
  const auto offset = fraction ? TakeOffset(text) : std::nullopt;
  if (!offset) return bad;
  const auto [year, month, day, hour, minute, second] = parts;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return bad;
  const std::chrono::sys_seconds at = std::chrono::sys_days(date) + std::chrono::hours(hour) +
                                      std::chrono::minutes(minute) + std::chrono::seconds(second) - *offset;
  if (at < kFirst) return std::optional<Wall>();
  return std::optional<Wall>(at < kLast ? Wall(at) + *fraction : Wall(kLast));
}

std::string Rfc3339(Wall at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(at - seconds).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)), milliseconds);
}

std::int64_t UnixMilliseconds(Wall at) {
  return std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

}  // namespace loadline
