// The highest use of each three hours of the last four weeks.
//
// Small enough to keep for every container (448 bytes when full), long enough to hold a weekly peak, fine
// enough to tell growth from a step. Blocks are aligned to UTC, so that those of several containers can be
// merged.
#pragma once

#include <cstdint>
#include <vector>

#include "collector/usage/byte_codec.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

class BlockPeaks {
 public:
  static constexpr Duration kBlock = std::chrono::hours(3);
  static constexpr int kPerDay = 8;
  static constexpr std::size_t kBlocks = 28 * kPerDay;

  // Ignored when older than everything that is kept. Values are rounded up, by less than 1 %.
  void Add(double value, Wall at);
  void Merge(const BlockPeaks& other);

  // The highest of each of the last days that end at `now`, newest first; 0 for a day without samples. The
  // newest has the block that is still open on top of eight whole ones.
  [[nodiscard]] std::vector<float> Days(Wall now) const;
  // The highest of the blocks that touch [from, to); 0 when nothing was seen there.
  [[nodiscard]] double Highest(Wall from, Wall to) const;
  // The blocks themselves, oldest first; 0 where nothing was seen.
  [[nodiscard]] std::vector<float> Blocks() const;
  [[nodiscard]] bool IsEmpty() const { return blocks_.empty(); }

  void Write(ByteWriter& out) const;
  void Read(ByteReader& in);
  [[nodiscard]] std::size_t HeapBytes() const { return blocks_.capacity() * sizeof(std::uint16_t); }

 private:
  void Reach(std::int64_t index);

  std::int64_t last_ = 0;              // number since 1970 of the newest block
  std::vector<std::uint16_t> blocks_;  // oldest first; the upper half of a float's bits
};

}  // namespace loadline::collector
