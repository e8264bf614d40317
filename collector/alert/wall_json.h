// Instants and whole numbers in stored JSON: instants as nanoseconds since the epoch, null for "never", so
// that a restart resumes timers to the nanosecond.
//
// What is read is bounded so that two of them can be subtracted and timers added; what is no whole number
// throws nlohmann's type_error, as its own get does for other types.
#pragma once

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

#include "schemas/base/clock.h"
#include "schemas/base/instants.h"

namespace loadline::collector {

inline nlohmann::json ToJson(Wall at) {
  return at.time_since_epoch().count();
}
inline nlohmann::json ToJson(const std::optional<Wall>& at) {
  return at ? ToJson(*at) : nlohmann::json(nullptr);
}
// nlohmann's own get squeezes 1e300 into any number.
inline std::int64_t WholeFrom(const nlohmann::json& in) {
  return in.get_ref<const nlohmann::json::number_integer_t&>();
}
inline Duration DurationFrom(const nlohmann::json& in) {
  constexpr std::int64_t kMost = std::int64_t{1} << 59;  // 18 years
  return Duration(std::clamp(WholeFrom(in), -kMost, kMost));
}
inline Wall WallFrom(const nlohmann::json& in) {
  return WithinReach(Wall(Duration(WholeFrom(in))));
}
inline std::optional<Wall> OptionalWallFrom(const nlohmann::json& in) {
  return in.is_null() ? std::nullopt : std::optional(WallFrom(in));
}
// One of an enumeration's values, 0 to `last`; the nearest where it is none.
template <typename Enum>
Enum EnumFrom(const nlohmann::json& in, Enum last) {
  return static_cast<Enum>(std::clamp<std::int64_t>(WholeFrom(in), 0, static_cast<std::int64_t>(last)));
}

}  // namespace loadline::collector
