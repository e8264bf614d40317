// The highest value of each block of time, for so many blocks: what peaks and samples are kept in.
//
// Two bytes a block: the upper half of a float's bits, rounded up by less than 1 %. Blocks are aligned to
// UTC, so that those of several containers can be merged. The shape is its owner's, and always the same.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "collector/state/tables.h"
#include "collector/usage/byte_reader.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

class BlockRing {
 public:
  struct Shape {
    Duration block{};        // how long a block is
    std::size_t blocks = 0;  // how many are kept at most
    // Which block a time is in, counted from 1970.
    [[nodiscard]] std::int64_t IndexOf(Wall at) const;
    bool operator==(const Shape&) const = default;
  };

  // Ignored when older than everything that is kept. A value of 0 cannot be told from nothing.
  void Add(const Shape& shape, double value, Wall at);
  void Merge(const Shape& shape, const BlockRing& other);
  // The newest block gets that number, and the others stay behind it as they are.
  void MoveTo(std::int64_t last) { last_ = last; }

  [[nodiscard]] bool IsEmpty() const { return blocks_.empty(); }
  // The number of the oldest block that is kept; those after it follow one by one.
  [[nodiscard]] std::int64_t first() const { return last_ - static_cast<std::int64_t>(blocks_.size()) + 1; }
  [[nodiscard]] std::int64_t last() const { return last_; }
  // 0 where nothing was seen; `index` is between first and last.
  [[nodiscard]] float At(std::int64_t index) const {
    return std::bit_cast<float>(std::uint32_t{blocks_[static_cast<std::size_t>(index - first())]} << 16);
  }

  // As a table of schemas/state.fbs and back; false for what no Write can have meant. Null: an empty one.
  [[nodiscard]] flatbuffers::Offset<state::fb::BlockRing> Write(state::Builder& to) const;
  [[nodiscard]] bool Read(const Shape& shape, const state::fb::BlockRing* from);
  void ReadBeforeTags(const Shape& shape, ByteReader& in);  // see before_tags.cc
  [[nodiscard]] std::size_t HeapBytes() const { return blocks_.capacity() * sizeof(std::uint16_t); }

 private:
  // And what is above: negative ones, and what is no number.
  static constexpr std::uint16_t kInfinite = 0x7f80;
  void Reach(const Shape& shape, std::int64_t index);

  std::int64_t last_ = 0;
  std::vector<std::uint16_t> blocks_;  // oldest first
};

}  // namespace loadline::collector
