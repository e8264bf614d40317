#include "collector/calendar/time_zone.h"

#include <absl/time/time.h>
#include <fmt/core.h>

#include <algorithm>
#include <cctype>

namespace loadline::collector {

struct TimeZone::Zone {
  absl::TimeZone zone;
};

Duration TimeZone::OffsetAt(Wall at) const {
  if (zone_ == nullptr) return Duration(0);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  return std::chrono::seconds(zone_->zone.At(absl::FromUnixSeconds(seconds)).offset);
}

TimeZone::Shown TimeZone::ShownAt(std::chrono::sys_seconds at) const {
  if (zone_ == nullptr) return {};
  const auto info = zone_->zone.At(absl::FromUnixSeconds(at.time_since_epoch().count()));
  return {.offset = std::chrono::seconds(info.offset), .name = info.zone_abbr};
}

Result<TimeZone> LoadTimeZone(const std::string& name) {
  if (name.empty() || name == "UTC") return TimeZone();
  if (name == "Local") return TimeZone(std::make_shared<TimeZone::Zone>(absl::LocalTimeZone()));
  // The library would take a path as well.
  const bool plain = std::ranges::all_of(
      name, [](unsigned char c) { return std::isalnum(c) || c == '/' || c == '_' || c == '-' || c == '+'; });
  if (!plain || name.front() == '/')
    return Failure(ErrorKind::kInvalid, fmt::format("no time zone '{}'", name));
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(name, &zone))
    return Failure(ErrorKind::kInvalid, fmt::format("no time zone '{}' on this machine", name));
  return TimeZone(std::make_shared<TimeZone::Zone>(zone));
}

}  // namespace loadline::collector
