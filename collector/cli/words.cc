#include "collector/cli/words.h"

#include <fmt/format.h>

#include <cmath>
#include <ctime>

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

std::string AgeText(const Json& instant, Wall now) {
  std::tm parts{};
  if (!instant.is_string() || !::strptime(instant.get<std::string>().c_str(), "%Y-%m-%dT%H:%M:%S", &parts))
    return "-";
  const Wall at = std::chrono::system_clock::from_time_t(::timegm(&parts));
  return FormatSeconds(std::max(0.0, std::floor(Seconds(now - at))));
}

Tone ToneOfState(const std::string& node_state) {
  if (node_state == "ready") return Tone::kGood;
  return node_state == "stale" ? Tone::kWarn : Tone::kBad;
}

Tone ToneOfAlert(const Json& alert) {
  const std::string state = alert.at("state"), severity = alert.at("severity");
  if (state == "resolved") return Tone::kGood;
  if (state == "pending") return Tone::kFaint;
  return severity == "Sev0" || severity == "Sev1" ? Tone::kBad : Tone::kWarn;
}

}  // namespace loadline::collector
