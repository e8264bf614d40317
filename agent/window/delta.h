// How much a cumulative counter of the kernel has grown.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

namespace loadline::agent {

// Moves `last` on to `now` and returns the growth, so that the sum of all growths is the counter itself.
//
// A counter that fell to less than half was made anew: all of it has grown since. One that fell by less was
// read while the kernel was summing it up over its CPUs; it is left as it is until it has caught up.
inline std::uint64_t Grow(std::uint64_t& last, std::uint64_t now) {
  if (now >= last) return now - std::exchange(last, now);
  if (now >= last / 2) return 0;
  return last = now;
}

// Takes as much of `sum` as 32 bits hold; what does not fit stays for the next window.
inline std::uint32_t Take(std::uint64_t& sum) {
  const auto taken =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(sum, std::numeric_limits<std::uint32_t>::max()));
  sum -= taken;
  return taken;
}

}  // namespace loadline::agent
