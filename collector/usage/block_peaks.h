// The highest use of each three hours of the last four weeks.
//
// Small enough to keep for every container (448 bytes when full), long enough to hold a weekly peak, fine
// enough to tell growth from a step.
#pragma once

#include <vector>

#include "collector/usage/block_ring.h"

namespace loadline::collector {

class BlockPeaks {
 public:
  static constexpr Duration kBlock = std::chrono::hours(3);
  static constexpr int kPerDay = 8;
  static constexpr std::size_t kBlocks = 28 * kPerDay;

  // Ignored when older than everything that is kept. Values are rounded up, by less than 1 %.
  void Add(double value, Wall at) { ring_.Add(kShape, value, at); }
  void Merge(const BlockPeaks& other) { ring_.Merge(kShape, other.ring_); }
  // When the newest is older than `pause` at that time, all of them move on together, until it is not.
  void Resumed(Wall at, Duration pause) {
    if (!ring_.IsEmpty()) ring_.MoveTo(std::max(ring_.last(), kShape.IndexOf(at - pause)));
  }

  // The highest of each of the last days that end at `now`, newest first; 0 for a day without samples. The
  // newest has the block that is still open on top of eight whole ones.
  [[nodiscard]] std::vector<float> Days(Wall now) const;
  // The highest of the blocks that touch [from, to); 0 when nothing was seen there.
  [[nodiscard]] double Highest(Wall from, Wall to) const;
  // The blocks themselves, oldest first; 0 where nothing was seen.
  [[nodiscard]] std::vector<float> Blocks() const;
  // When the oldest of them began.
  [[nodiscard]] Wall begin() const { return Wall(ring_.first() * kBlock); }
  [[nodiscard]] bool IsEmpty() const { return ring_.IsEmpty(); }

  [[nodiscard]] flatbuffers::Offset<state::fb::BlockRing> Write(state::Builder& to) const;
  [[nodiscard]] bool Read(const state::fb::BlockRing* from) { return ring_.Read(kShape, from); }
  void ReadBeforeTags(ByteReader& in) { ring_.ReadBeforeTags(kShape, in); }
  [[nodiscard]] std::size_t HeapBytes() const { return ring_.HeapBytes(); }

 private:
  static constexpr BlockRing::Shape kShape{kBlock, kBlocks};

  BlockRing ring_;
};

}  // namespace loadline::collector
