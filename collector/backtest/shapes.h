// Shapes of demand over virtual time, all of them the same in every run.
#pragma once

#include <cmath>
#include <cstdint>

#include "schemas/base/clock.h"
#include "schemas/base/units.h"

namespace loadline::collector {

constexpr double kMiBytes = static_cast<double>(kMiB);
constexpr double kGiBytes = static_cast<double>(kGiB);
constexpr Duration kDay = std::chrono::hours(24);

// Hour of the day, and day of the week: 0 is Thursday, when virtual time begins.
inline int HourOf(Duration age) {
  return static_cast<int>(age / std::chrono::hours(1) % 24);
}
inline int DayOf(Duration age) {
  return static_cast<int>(age / kDay % 7);
}
inline bool IsWeekend(Duration age) {
  return DayOf(age) == 2 || DayOf(age) == 3;
}
// Monday to Friday, 9 to 18.
inline bool InOffice(Duration age) {
  return !IsWeekend(age) && HourOf(age) >= 9 && HourOf(age) < 18;
}
inline double DaysOf(Duration age) {
  return Seconds(age) / 86'400;
}
inline double HoursOf(Duration age) {
  return Seconds(age) / 3600;
}
// Whether it is within the first `length` of a period that begins `offset` after each multiple of it.
inline bool IsWithin(Duration age, Duration period, Duration offset, Duration length) {
  return age >= offset && (age - offset) % period < length;
}

// From -1 to 1, another each minute and for each `seed`, and no two alike.
inline double Noise(Duration age, int seed = 0) {
  auto x = static_cast<std::uint64_t>(age / std::chrono::minutes(1)) * 0x9e3779b97f4a7c15U +
           static_cast<std::uint64_t>(seed + 1) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return static_cast<double>((x ^ (x >> 31)) >> 11) * 0x1p-52 - 1;
}

// A day's wave, 0 at four in the morning and 1 at four in the afternoon.
inline double DayWave(Duration age) {
  return 0.5 - 0.5 * std::cos((HoursOf(age) - 4) / 24 * 2 * M_PI);
}

}  // namespace loadline::collector
