#include "collector/snapshot/usage_history.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace loadline::collector {
namespace {

constexpr float kLeastOctave = -20;
constexpr float kSteps = 1000;

}  // namespace

void UsageHistory::Add(const UsagePoint& point) {
  const std::int64_t at_s = point.at_ms / 1000;
  if (!blocks_.empty()) {
    Block& open = OpenBlock();
    const std::int64_t last_s = open.base_s + open.after_base_s[open.count - 1];
    if (at_s <= last_s)
      return Put(open, open.count - 1,
                 {last_s * 1000, point.cpu_cores, point.memory_bytes, point.throttled_share});
    if (open.count < kBlockPoints && at_s - open.base_s <= std::numeric_limits<std::uint16_t>::max()) {
      return Put(open, open.count++, point);
    }
  }
  if (blocks_.size() > kPoints / kBlockPoints) blocks_.erase(blocks_.begin());
  blocks_.push_back(std::make_shared<Block>());
  blocks_.back()->base_s = at_s;
  Put(*blocks_.back(), blocks_.back()->count++, point);
}

std::vector<UsagePoint> UsageHistory::Points() const {
  std::vector<UsagePoint> points;
  for (const auto& block : blocks_) {
    for (std::size_t i = 0; i < block->count; ++i) points.push_back(At(*block, i));
  }
  if (points.size() > kPoints) points.erase(points.begin(), points.end() - kPoints);
  return points;
}

std::size_t UsageHistory::size() const {
  std::size_t points = 0;
  for (const auto& block : blocks_) points += block->count;
  return std::min(points, kPoints);
}

UsageHistory::Figure UsageHistory::Pack(float value) {
  // 2^-20 is a microsecond of a core a second; what is less is nothing.
  if (!(value >= std::exp2(kLeastOctave))) return 0;
  return static_cast<Figure>(
      std::clamp(std::lround((std::log2(value) - kLeastOctave) * kSteps) + 1, 1L, 65535L));
}

float UsageHistory::Unpack(Figure figure) {
  return figure == 0 ? 0 : std::exp2(static_cast<float>(figure - 1) / kSteps + kLeastOctave);
}

UsagePoint UsageHistory::At(const Block& block, std::size_t index) {
  return {(block.base_s + block.after_base_s[index]) * 1000, Unpack(block.cpu[index]),
          Unpack(block.memory[index]), static_cast<float>(block.throttled[index]) / 65535.0F};
}

void UsageHistory::Put(Block& block, std::size_t index, const UsagePoint& point) {
  block.after_base_s[index] = static_cast<std::uint16_t>(point.at_ms / 1000 - block.base_s);
  block.cpu[index] = Pack(point.cpu_cores);
  block.memory[index] = Pack(point.memory_bytes);
  block.throttled[index] =
      static_cast<std::uint16_t>(std::lround(std::clamp(point.throttled_share, 0.0F, 1.0F) * 65535.0F));
}

UsageHistory::Block& UsageHistory::OpenBlock() {
  std::shared_ptr<Block>& last = blocks_.back();
  // A copy may be let go of in another thread at any time, which only makes this copy needless, never wrong.
  if (last.use_count() > 1) last = std::make_shared<Block>(*last);
  return *last;
}

}  // namespace loadline::collector
