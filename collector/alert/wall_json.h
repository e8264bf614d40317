// Instants in stored JSON: nanoseconds since the epoch, null for "never", so that a restart resumes timers to
// the nanosecond.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "schemas/base/clock.h"

namespace loadline::collector {

inline nlohmann::json ToJson(Wall at) {
  return at.time_since_epoch().count();
}
inline nlohmann::json ToJson(const std::optional<Wall>& at) {
  return at ? ToJson(*at) : nlohmann::json(nullptr);
}
inline Wall WallFrom(const nlohmann::json& in) {
  return Wall(Duration(in.get<std::int64_t>()));
}
inline std::optional<Wall> OptionalWallFrom(const nlohmann::json& in) {
  return in.is_null() ? std::nullopt : std::optional(WallFrom(in));
}

}  // namespace loadline::collector
