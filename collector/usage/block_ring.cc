#include "collector/usage/block_ring.h"

#include <algorithm>
#include <bit>

namespace loadline::collector {
namespace {

// The upper 16 bits of a float keep its sign, exponent and 7 bits of mantissa; positive floats order as their
// bits do.
std::uint16_t Pack(double value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(static_cast<float>(std::max(0.0, value)));
  return static_cast<std::uint16_t>((bits + 0xffff) >> 16);
}

}  // namespace

std::int64_t BlockRing::Shape::IndexOf(Wall at) const {
  const std::int64_t since = at.time_since_epoch().count();
  const std::int64_t size = block.count();
  return since / size - (since % size < 0);
}

void BlockRing::Reach(const Shape& shape, std::int64_t index) {
  if (blocks_.empty()) {
    last_ = index;
    blocks_.push_back(0);
    return;
  }
  if (index <= last_) return;
  const std::size_t more = std::min(static_cast<std::size_t>(index - last_), shape.blocks);
  const std::size_t keep = std::min(blocks_.size(), shape.blocks - more);
  blocks_.erase(blocks_.begin(), blocks_.end() - static_cast<std::ptrdiff_t>(keep));
  blocks_.resize(keep + more);
  last_ = index;
}

void BlockRing::Add(const Shape& shape, double value, Wall at) {
  const std::int64_t index = shape.IndexOf(at);
  Reach(shape, index);
  const auto age = static_cast<std::size_t>(last_ - index);
  if (age >= shape.blocks) return;
  if (age + 1 > blocks_.size()) blocks_.insert(blocks_.begin(), age + 1 - blocks_.size(), 0);
  std::uint16_t& held = blocks_[blocks_.size() - 1 - age];
  held = std::max(held, Pack(value));
}

void BlockRing::Merge(const Shape& shape, const BlockRing& other) {
  for (std::int64_t index = other.first(); index <= other.last_; ++index) {
    if (const float value = other.At(index); value > 0) Add(shape, value, Wall(index * shape.block));
  }
}

}  // namespace loadline::collector
