// Instants that others wrote, within what can be calculated with.
#pragma once

#include <algorithm>
#include <chrono>

#include "schemas/base/clock.h"

namespace loadline {

// From 1940 to 2201, so that any two can be subtracted, and times of years be added.
inline constexpr Wall kFirstInstant = std::chrono::sys_days(std::chrono::year{1940} / 1 / 1);
inline constexpr Wall kLastInstant = std::chrono::sys_days(std::chrono::year{2201} / 1 / 1);

// The nearest of them: a node's clock is no promise, and that the rest cannot be read for it would be worse.
constexpr Wall WithinReach(Wall at) {
  return std::clamp(at, kFirstInstant, kLastInstant);
}

// A length of time that can be added to any of them: at most ten years.
constexpr Duration WithinReach(Duration length) {
  return std::clamp(length, Duration::zero(), Duration(std::chrono::hours(24 * 366 * 10)));
}

}  // namespace loadline
