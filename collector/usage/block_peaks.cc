#include "collector/usage/block_peaks.h"

#include <algorithm>
#include <bit>

namespace loadline::collector {
namespace {

std::int64_t BlockOf(Wall at) {
  const std::int64_t since = at.time_since_epoch().count();
  const std::int64_t size = BlockPeaks::kBlock.count();
  return since / size - (since % size < 0);
}

// The upper 16 bits of a float keep its sign, exponent and 7 bits of mantissa; positive floats order as their
// bits do.
std::uint16_t Pack(double value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(static_cast<float>(std::max(0.0, value)));
  return static_cast<std::uint16_t>((bits + 0xffff) >> 16);
}

float Unpack(std::uint16_t packed) {
  return std::bit_cast<float>(std::uint32_t{packed} << 16);
}

}  // namespace

void BlockPeaks::Reach(std::int64_t index) {
  if (blocks_.empty()) {
    last_ = index;
    blocks_.push_back(0);
    return;
  }
  if (index <= last_) return;
  const auto more = static_cast<std::size_t>(std::min<std::int64_t>(index - last_, kBlocks));
  const std::size_t keep = std::min(blocks_.size(), kBlocks - more);
  blocks_.erase(blocks_.begin(), blocks_.end() - static_cast<std::ptrdiff_t>(keep));
  blocks_.resize(keep + more);
  last_ = index;
}

void BlockPeaks::Add(double value, Wall at) {
  const std::int64_t index = BlockOf(at);
  Reach(index);
  const std::int64_t age = last_ - index;
  if (age >= static_cast<std::int64_t>(kBlocks)) return;
  if (const auto needed = static_cast<std::size_t>(age) + 1; needed > blocks_.size()) {
    blocks_.insert(blocks_.begin(), needed - blocks_.size(), 0);
  }
  std::uint16_t& held = blocks_[blocks_.size() - 1 - static_cast<std::size_t>(age)];
  held = std::max(held, Pack(value));
}

void BlockPeaks::Merge(const BlockPeaks& other) {
  for (std::size_t i = 0; i < other.blocks_.size(); ++i) {
    if (other.blocks_[i] == 0) continue;
    const auto age = static_cast<std::int64_t>(other.blocks_.size() - 1 - i);
    Add(Unpack(other.blocks_[i]), Wall((other.last_ - age) * kBlock));
  }
}

std::vector<float> BlockPeaks::Days(Wall now) const {
  std::vector<float> days;
  // Whole blocks make up the days; the one still open is today's, too. Counted as one of its eight it would
  // push the first hours of the last day into yesterday.
  const std::int64_t now_block = BlockOf(now) - 1;
  for (std::size_t i = blocks_.size(); i-- > 0;) {
    const std::int64_t age = now_block - (last_ - static_cast<std::int64_t>(blocks_.size() - 1 - i));
    const auto day = static_cast<std::size_t>(std::max<std::int64_t>(0, age) / kPerDay);
    if (day >= kBlocks / kPerDay) break;
    if (day >= days.size()) days.resize(day + 1);
    days[day] = std::max(days[day], Unpack(blocks_[i]));
  }
  return days;
}

double BlockPeaks::Highest(Wall from, Wall to) const {
  const std::int64_t oldest = last_ - static_cast<std::int64_t>(blocks_.size()) + 1;
  const std::int64_t begin = std::max(BlockOf(from), oldest);
  const std::int64_t end = std::min(BlockOf(to - Duration(1)), last_);
  std::uint16_t highest = 0;
  for (std::int64_t block = begin; block <= end; ++block) {
    highest = std::max(highest, blocks_[static_cast<std::size_t>(block - oldest)]);
  }
  return Unpack(highest);
}

std::vector<float> BlockPeaks::Blocks() const {
  std::vector<float> values;
  values.reserve(blocks_.size());
  for (const std::uint16_t packed : blocks_) values.push_back(Unpack(packed));
  return values;
}

void BlockPeaks::Write(ByteWriter& out) const {
  out.Put(last_);
  out.PutVarint(blocks_.size());
  for (const std::uint16_t packed : blocks_) out.Put(packed);
}

void BlockPeaks::Read(ByteReader& in) {
  last_ = in.Get<std::int64_t>();
  const std::uint64_t size = in.GetVarint();
  if (size > kBlocks) return in.Reject();
  blocks_.resize(size);
  for (std::uint16_t& packed : blocks_) packed = in.Get<std::uint16_t>();
}

}  // namespace loadline::collector
