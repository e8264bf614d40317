// Which bucket of the recommender's CPU histogram a use of CPU falls into.
//
// The agent counts its one-second samples by these buckets, so that merging them into a histogram is adding;
// collector/usage has the scheme as a whole. Bucket n starts at 0.01 * (1.05^n - 1) / 0.05 cores:
//
// | cores  | 0 | 0.0099 | 0.01001 | 0.1 | 0.5 | 1  | 2  | 8  | 64  | 1022 and more |
// | bucket | 0 | 0      | 1       | 8   | 25  | 36 | 49 | 76 | 118 | 175           |
#pragma once

#include <algorithm>
#include <cmath>

namespace loadline {

inline constexpr int kLastCpuBucket = 175;  // open upwards

inline int CpuBucketOf(double cores) {
  constexpr double kFirst = 0.01;
  constexpr double kGrowth = 0.05;
  if (!(cores >= kFirst)) return 0;
  const double position = std::log(cores * kGrowth / kFirst + 1) / std::log(1 + kGrowth);
  return static_cast<int>(std::min(position, static_cast<double>(kLastCpuBucket)));
}

}  // namespace loadline
