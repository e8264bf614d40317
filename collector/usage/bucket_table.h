// Where each bucket of the upstream recommender's histograms starts, to the last bit.
//
// start(n) = first * (1.05^n - 1) / 0.05, with first = 0.01 core or 1e7 bytes. The doubles are written out
// because pow() of another C library differs in the last bits of most of them, and one truncated byte value
// then differs.
#pragma once

#include <array>

namespace loadline::collector {

inline constexpr int kBucketCount = 176;

extern const std::array<double, kBucketCount> kCpuBucketStarts;     // cores
extern const std::array<double, kBucketCount> kMemoryBucketStarts;  // bytes

}  // namespace loadline::collector
