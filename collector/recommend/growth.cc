#include "collector/recommend/growth.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace loadline::collector {
namespace {

constexpr int kLeastDays = 2;
constexpr double kLeastFit = 0.95;        // of the straight line: the share of variance it explains
constexpr double kLeastGrowth = 1.0 / 6;  // of the level
constexpr double kLeastRising = 0.95;     // of the steps that do not go down
constexpr double kSlowing = 0.5;   // the second half grows at least at this share of the first half's pace
constexpr float kFall = 2.0f / 3;  // a drop below this share of the block before: a restart

struct Line {
  double slope = 0;  // a block
  double fit = 0;
};

Line FitLine(std::span<const float> values) {
  const auto n = static_cast<double>(values.size());
  double sum_x = 0, sum_y = 0, sum_xx = 0, sum_xy = 0, sum_yy = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto x = static_cast<double>(i);
    const double y = values[i];
    sum_x += x, sum_y += y, sum_xx += x * x, sum_xy += x * y, sum_yy += y * y;
  }
  const double spread_x = sum_xx - sum_x * sum_x / n;
  const double spread_y = sum_yy - sum_y * sum_y / n;
  const double together = sum_xy - sum_x * sum_y / n;
  if (spread_x <= 0 || spread_y <= 0) return {};
  return {.slope = together / spread_x, .fit = together * together / (spread_x * spread_y)};
}

bool IsStraightGrowth(std::span<const float> run) {
  const Line line = FitLine(run);
  const double grown = line.slope * static_cast<double>(run.size() - 1);
  if (line.fit < kLeastFit || grown < kLeastGrowth * run.back()) return false;
  const std::size_t half = run.size() / 2;
  if (FitLine(run.last(half)).slope < kSlowing * FitLine(run.first(half)).slope) return false;
  std::size_t rising = 0;
  for (std::size_t i = 1; i < run.size(); ++i) rising += run[i] >= run[i - 1];
  return static_cast<double>(rising) >= kLeastRising * static_cast<double>(run.size() - 1);
}

// The run of blocks that ends at `end`, back to the last fall or gap.
std::span<const float> RunBefore(std::span<const float> blocks, std::size_t end) {
  std::size_t begin = end;
  while (begin > 0 && blocks[begin - 1] > 0 && (begin == end || blocks[begin] >= kFall * blocks[begin - 1]))
    --begin;
  return blocks.subspan(begin, end - begin);
}

}  // namespace

Growth JudgeGrowth(const std::vector<float>& blocks, int blocks_per_day) {
  const auto least = static_cast<std::size_t>(kLeastDays) * static_cast<std::size_t>(blocks_per_day);
  std::span<const float> run = RunBefore(blocks, blocks.size());
  // The newest block is still open; the oldest may have been a start. Neither belongs to the line.
  if (run.size() < least + 2 && run.size() < blocks.size())
    run = RunBefore(blocks, blocks.size() - run.size());
  if (run.size() < least + 2) return {};
  run = run.subspan(1, run.size() - 2);
  // Of a long run the latest week counts: what grew once and stands still is no leak.
  run = run.last(std::min(run.size(), static_cast<std::size_t>(7 * blocks_per_day)));
  if (!IsStraightGrowth(run)) return {};
  return {.leak = true,
          .per_day = FitLine(run).slope * blocks_per_day,
          .level = blocks.empty() ? 0 : blocks.back()};
}

}  // namespace loadline::collector
