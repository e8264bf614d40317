#include "collector/cli/words.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "schemas/base/printable.h"
#include "schemas/base/time_text.h"

namespace loadline::collector {

std::string CoresText(double cores) {
  if (cores > 0 && cores < 0.0005) return "<1m";
  if (std::abs(cores) < 0.9995) return cores == 0 ? "0" : fmt::format("{}m", std::lround(cores * 1000));
  return fmt::format("{:.2f}", cores);
}

std::string MaybeCpu(const Json& millicores) {
  return millicores.is_null() ? "-" : FormatCpu(millicores.get<MilliCores>());
}

std::string MaybeBytes(const Json& bytes) {
  return bytes.is_null() ? "-" : FormatBytes(bytes.get<Bytes>());
}

std::string ShareText(double share) {
  if (share > 0 && share < 0.01) return "<1 %";
  return fmt::format("{} %", std::lround(share * 100));
}

std::string MaybeShare(const Json& share) {
  return share.is_null() ? "-" : ShareText(share.get<double>());
}

std::string AgeText(const Json& instant, Wall now) {
  const auto at = ParseRfc3339(instant.is_string() ? instant.get<std::string>() : "");
  if (!at || !*at) return "-";
  return FormatSeconds(
      std::max(0.0, std::floor(Seconds(now - std::chrono::floor<std::chrono::seconds>(**at)))));
}

std::string JsonText(const Json& value, int indent) {
  std::string text = value.dump(indent, ' ', false, Json::error_handler_t::replace);
  if (PrintableLines(text) == text) return text;
  return value.dump(indent, ' ', true, Json::error_handler_t::replace);
}

Tone ToneOfState(const std::string& node_state) {
  if (node_state == "reporting") return Tone::kGood;
  return node_state == "stale" ? Tone::kWarn : Tone::kBad;
}

Tone ToneOfAlert(const Json& alert) {
  const std::string state = alert.at("state"), severity = alert.at("severity");
  if (state == "resolved") return Tone::kGood;
  if (state == "pending") return Tone::kFaint;
  return severity == "Sev0" || severity == "Sev1" ? Tone::kBad : Tone::kWarn;
}

}  // namespace loadline::collector
