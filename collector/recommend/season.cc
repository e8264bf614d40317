#include "collector/recommend/season.h"

#include <algorithm>

namespace loadline::collector {
namespace {

constexpr Duration kAhead = std::chrono::hours(24);
constexpr Duration kLate = BlockPeaks::kBlock;
constexpr Duration kWeek = 7 * std::chrono::hours(24);

}  // namespace

double DuePeak(const BlockPeaks& peaks, Wall now) {
  const auto weeks_ago = [&](int weeks) {
    const Wall then = now - weeks * kWeek;
    return peaks.Highest(then - kLate, then + kAhead);
  };
  const double fortnight_ago = weeks_ago(2);
  if (fortnight_ago == 0) return 0;
  return std::min(fortnight_ago, std::max(weeks_ago(1), weeks_ago(4)));
}

bool IsOfSeason(const BlockPeaks& peaks, Wall block, double peak) {
  const auto came = [&](Duration before) {
    const Wall then = block - before;
    return peaks.Highest(then - kLate, then + BlockPeaks::kBlock + kLate) * (1 + kSeasonMargin) >= peak;
  };
  return came(kWeek) || came(2 * kWeek);
}

}  // namespace loadline::collector
