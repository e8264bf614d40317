// What encode and decode share: bounds of lists, and the units that differ between values and bytes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "schemas/base/units.h"
#include "schemas/control_generated.h"
#include "schemas/report_generated.h"

namespace loadline::wire {

// Bounds of lists in one frame. SplitToFit keeps to them, and they keep what a frame of 1 MiB can make the
// reader allocate below 16 MiB.
inline constexpr std::size_t kMaxContainers = 32'768;
inline constexpr std::size_t kMaxIdentities = 32'768;
inline constexpr std::size_t kMaxGone = 131'072;
inline constexpr std::size_t kMaxDisks = 64;
inline constexpr std::size_t kMaxSignals = 64;

// Buckets of the recommender's CPU histogram.
inline constexpr int kCpuBuckets = 176;

inline constexpr Bytes kWirePage = 4096;

// Rounded up; what 32 bits cannot hold (16 TiB) is the largest they can.
constexpr std::uint32_t ToPages(Bytes bytes) {
  if (bytes <= 0) return 0;
  const Bytes pages = bytes / kWirePage + (bytes % kWirePage != 0);
  return static_cast<std::uint32_t>(std::min<Bytes>(pages, std::numeric_limits<std::uint32_t>::max()));
}
constexpr Bytes FromPages(std::uint32_t pages) {
  return Bytes{pages} * kWirePage;
}

constexpr bool Has(fb::Part parts, fb::Part part) {
  return (static_cast<std::uint16_t>(parts) & static_cast<std::uint16_t>(part)) != 0;
}

}  // namespace loadline::wire
