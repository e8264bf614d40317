// Sums of amounts that others write: as large as a number can be, each of them.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>

namespace loadline {

// a + b, or the largest (smallest) number there is where the sum is beyond it.
inline std::int64_t SaturatingSum(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return a > 0 ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min();
}

// The same of what is never less than zero, a byte or a word.
template <std::unsigned_integral Number>
Number SaturatingSum(Number a, Number b) {
  Number sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<Number>::max() : sum;
}

// a - b, bounded as the sum is.
inline std::int64_t SaturatingDifference(std::int64_t a, std::int64_t b) {
  std::int64_t difference = 0;
  if (!__builtin_sub_overflow(a, b, &difference)) return difference;
  return a > 0 ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min();
}

// The whole number nearest to zero from an amount that was computed; where it is beyond, the largest
// (smallest).
inline std::int64_t SaturatingWhole(double amount) {
  constexpr double kEnd = 0x1p63;
  if (amount >= kEnd) return std::numeric_limits<std::int64_t>::max();
  if (amount < -kEnd) return std::numeric_limits<std::int64_t>::min();
  return amount == amount ? static_cast<std::int64_t>(amount) : 0;  // what is no number is nothing
}

}  // namespace loadline
