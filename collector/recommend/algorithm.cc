#include "collector/recommend/algorithm.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <optional>

#include "collector/recommend/autopilot.h"
#include "collector/recommend/autopilot_ml.h"
#include "collector/recommend/loadline.h"
#include "collector/recommend/ranked.h"
#include "collector/recommend/vpa.h"

namespace loadline::collector {
namespace {

constexpr std::string_view kExisting =
    "there are loadline, vpa, krr, autopilot, autopilot-ml and max:<days>:<margin>";

std::optional<double> ParseNumber(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0)) return std::nullopt;
  return value;
}

// "7:0.15", what follows "max:".
Result<std::unique_ptr<Algorithm>> MakeMax(std::string_view spec, std::string_view parameters) {
  const std::size_t colon = parameters.find(':');
  if (colon != std::string_view::npos) {
    const std::string_view days_text = parameters.substr(0, colon);
    const auto days = days_text == "all" ? std::numeric_limits<double>::infinity() : ParseNumber(days_text);
    const auto margin = ParseNumber(parameters.substr(colon + 1));
    if (days && margin) {
      RankedRule rule = MaxRule(*days, *margin);
      rule.name = spec;
      return MakeRanked(rule);
    }
  }
  return Failure(ErrorKind::kInvalid,
                 fmt::format("algorithm '{}': expected max:<days>:<margin>, as in max:7:0.15", spec));
}

}  // namespace

Result<std::unique_ptr<Algorithm>> MakeAlgorithm(std::string_view spec) {
  if (spec == "loadline") return MakeLoadline();
  if (spec == "vpa") return MakeVpa();
  if (spec == "krr") return MakeRanked(KrrRule());
  if (spec == "autopilot") return MakeAutopilot();
  if (spec == "autopilot-ml") return MakeAutopilotMl();
  if (spec.starts_with("max:")) return MakeMax(spec, spec.substr(4));
  return Failure(ErrorKind::kInvalid, fmt::format("unknown algorithm '{}': {}", spec, kExisting));
}

}  // namespace loadline::collector
