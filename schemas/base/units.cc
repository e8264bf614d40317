#include "schemas/base/units.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace loadline {

std::string FormatCpu(MilliCores cpu) {
  if (cpu % 1000 == 0) return fmt::format("{}", cpu / 1000);
  if (cpu > 1000 && cpu % 100 == 0) return fmt::format("{}.{}", cpu / 1000, cpu % 1000 / 100);
  return fmt::format("{}m", cpu);
}

std::string FormatBytes(Bytes bytes) {
  static constexpr std::array kNames = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  // 999.5 and not 1024, so that rounding to three digits never prints "1000 MiB" or "1023 MiB".
  for (; std::abs(value) >= 999.5 && unit + 1 < kNames.size(); ++unit) value /= 1024;
  if (unit == 0) return fmt::format("{} B", bytes);
  const int decimals = std::abs(value) < 9.995 ? 2 : std::abs(value) < 99.95 ? 1 : 0;
  std::string digits = fmt::format("{:.{}f}", value, decimals);
  if (decimals > 0) {
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.back() == '.') digits.pop_back();
  }
  return digits + " " + kNames[unit];
}

std::string FormatSeconds(double seconds) {
  if (seconds < 0) return "-" + FormatSeconds(-seconds);
  if (seconds < 1) return fmt::format("{} ms", std::lround(seconds * 1000));
  const std::int64_t whole = std::llround(seconds);
  struct Unit {
    std::int64_t size;
    const char* name;
  };
  static constexpr std::array<Unit, 4> kUnits = {{{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}}};
  for (std::size_t i = 0; i < kUnits.size(); ++i) {
    if (whole < kUnits[i].size) continue;
    std::string text = fmt::format("{} {}", whole / kUnits[i].size, kUnits[i].name);
    if (i + 1 < kUnits.size()) {
      const std::int64_t rest = whole % kUnits[i].size / kUnits[i + 1].size;
      if (rest > 0) text += fmt::format(" {} {}", rest, kUnits[i + 1].name);
    }
    return text;
  }
  return "0 s";
}

}  // namespace loadline
