#include "collector/kube_objects/quantity.h"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace loadline::collector {
namespace {

constexpr std::array<std::pair<std::string_view, long double>, 16> kSuffixes = {{{"n", 1e-9L},
                                                                                 {"u", 1e-6L},
                                                                                 {"m", 1e-3L},
                                                                                 {"", 1},
                                                                                 {"k", 1e3L},
                                                                                 {"M", 1e6L},
                                                                                 {"G", 1e9L},
                                                                                 {"T", 1e12L},
                                                                                 {"P", 1e15L},
                                                                                 {"E", 1e18L},
                                                                                 {"Ki", 0x1p10L},
                                                                                 {"Mi", 0x1p20L},
                                                                                 {"Gi", 0x1p30L},
                                                                                 {"Ti", 0x1p40L},
                                                                                 {"Pi", 0x1p50L},
                                                                                 {"Ei", 0x1p60L}}};

std::optional<std::int64_t> Scaled(std::string_view text, long double unit) {
  // "nan" and "inf" are no quantities, and libstdc++ 12 reads past the end of those.
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  if (digits.empty() || digits.find_first_of("0123456789.") != 0) return std::nullopt;
  long double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  const std::string_view suffix(end, text.data() + text.size());
  for (const auto& [name, factor] : kSuffixes) {
    if (suffix != name) continue;
    // A thousandth has no exact form: what is off by less than a millionth of the unit is the whole number.
    const long double value = std::ceil(number * factor * unit - 1e-6L);
    if (!(value >= 0 && value < 9.2e18L)) return std::nullopt;
    return static_cast<std::int64_t>(value);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> ParseMilli(std::string_view text) {
  return Scaled(text, 1000);
}

std::optional<std::int64_t> ParseNano(std::string_view text) {
  return Scaled(text, 1e9L);
}

std::optional<std::int64_t> ParseWhole(std::string_view text) {
  return Scaled(text, 1);
}

}  // namespace loadline::collector
