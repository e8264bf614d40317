#include "collector/alert_file/prometheus_duration.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::pair<std::string_view, Duration>, 7> kUnits = {
    {{"y", 365 * 24h}, {"w", 7 * 24h}, {"d", 24h}, {"h", 1h}, {"m", 1min}, {"s", 1s}, {"ms", 1ms}}};

// From `first` on: each unit once, and the larger first.
std::size_t UnitAt(std::string_view text, std::size_t first) {
  // From the last: "ms" is not "m" and then something.
  for (std::size_t i = kUnits.size(); i-- > first;) {
    if (text.starts_with(kUnits[i].first)) return i;
  }
  return kUnits.size();
}

}  // namespace

Result<Duration> ParsePrometheusDuration(std::string_view whole) {
  const auto bad = [&] {
    return Failure(ErrorKind::kInvalid, fmt::format("'{}' is no duration (30s, 5m, 1h30m)", whole));
  };
  if (whole == "0") return Duration::zero();
  if (whole.empty()) return bad();
  Duration total{};
  std::size_t next = 0;
  for (std::string_view text = whole; !text.empty();) {
    std::int64_t number = 0;
    if (text.front() == '-') return bad();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return bad();
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const std::size_t unit = UnitAt(text, next);
    if (unit == kUnits.size()) return bad();
    next = unit + 1;
    if (number > (Duration::max() - total) / kUnits[unit].second) return bad();
    total += number * kUnits[unit].second;
    text.remove_prefix(kUnits[unit].first.size());
  }
  return total;
}

}  // namespace loadline::collector
