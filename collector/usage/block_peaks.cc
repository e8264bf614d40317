#include "collector/usage/block_peaks.h"

#include <algorithm>

namespace loadline::collector {

std::vector<float> BlockPeaks::Days(Wall now) const {
  std::vector<float> days;
  if (IsEmpty()) return days;
  // Whole blocks make up the days; the one still open is today's, too. Counted as one of its eight it would
  // push the first hours of the last day into yesterday.
  const std::int64_t now_block = kShape.IndexOf(now) - 1;
  for (std::int64_t block = ring_.last(); block >= ring_.first(); --block) {
    const auto day = static_cast<std::size_t>(std::max<std::int64_t>(0, now_block - block) / kPerDay);
    if (day >= kBlocks / kPerDay) break;
    if (day >= days.size()) days.resize(day + 1);
    days[day] = std::max(days[day], ring_.At(block));
  }
  return days;
}

double BlockPeaks::Highest(Wall from, Wall to) const {
  const std::int64_t begin = std::max(kShape.IndexOf(from), ring_.first());
  const std::int64_t end = std::min(kShape.IndexOf(to - Duration(1)), ring_.last());
  float highest = 0;
  for (std::int64_t block = begin; block <= end; ++block) highest = std::max(highest, ring_.At(block));
  return highest;
}

std::vector<float> BlockPeaks::Blocks() const {
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(ring_.last() - ring_.first() + 1));
  for (std::int64_t block = ring_.first(); block <= ring_.last(); ++block) values.push_back(ring_.At(block));
  return values;
}

}  // namespace loadline::collector
