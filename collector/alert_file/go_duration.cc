#include "collector/alert_file/go_duration.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace loadline::collector {
namespace {

// The longer name first where one begins with another.
constexpr std::array<std::pair<std::string_view, double>, 8> kUnits = {{{"ns", 1},
                                                                        {"us", 1e3},
                                                                        {"\u00b5s", 1e3},
                                                                        {"\u03bcs", 1e3},
                                                                        {"ms", 1e6},
                                                                        {"s", 1e9},
                                                                        {"m", 60e9},
                                                                        {"h", 3600e9}}};

// A number and its unit, taken from the front of `text`, in nanoseconds; negative: there is none.
double TakePart(std::string_view& text) {
  const std::size_t digits = text.find_first_not_of("0123456789.");
  if (digits == 0 || digits == text.npos) return -1;
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + digits, number, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + digits) return -1;
  text.remove_prefix(digits);
  for (const auto& [unit, nanoseconds] : kUnits) {
    if (!text.starts_with(unit)) continue;
    text.remove_prefix(unit.size());
    return number * nanoseconds;
  }
  return -1;
}

}  // namespace

Result<Duration> ParseGoDuration(std::string_view text) {
  const auto bad = [whole = text] {
    return Failure(ErrorKind::kInvalid, fmt::format("'{}' is no duration (30s, 1h30m, 1.5s)", whole));
  };
  double sign = 1;
  if (text.starts_with('-') || text.starts_with('+')) {
    sign = text.front() == '-' ? -1 : 1;
    text.remove_prefix(1);
  }
  if (text == "0") return Duration::zero();
  if (text.empty()) return bad();
  double total = 0;
  while (!text.empty()) {
    const double part = TakePart(text);
    if (part < 0) return bad();
    total += part;
  }
  if (total >= 9.2e18) return bad();
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::nano>(sign * total));
}

}  // namespace loadline::collector
