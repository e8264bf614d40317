// Samples one by one, for algorithms that rank them. Kept only where such an algorithm is chosen.
//
// Live: the highest of each block of time for a window of days, two bytes a block and resource; two weeks of
// five minutes are 16 KiB. A sample of CPU is a mean of five minutes. For replays: every sample as it comes,
// by 16 bytes each and without bound, and not saved.
#pragma once

#include <optional>
#include <vector>

#include "collector/usage/block_ring.h"
#include "collector/usage/samples.h"

namespace loadline::collector {

struct LoggedSample {
  Wall start;
  double value = 0;  // cores or bytes
};
using SampleLog = std::vector<LoggedSample>;  // oldest first

// What an algorithm wants kept.
struct SampleNeed {
  static constexpr Duration kSample = std::chrono::minutes(5);

  Duration window{};
  Duration block{};  // zero: every sample by itself, for ever
  bool operator==(const SampleNeed&) const = default;
  [[nodiscard]] bool every() const { return block == Duration::zero(); }
};

class KeptSamples {
 public:
  KeptSamples() = default;
  explicit KeptSamples(const SampleNeed& need) : need_(need) {}

  // In order of time.
  void AddCpu(double cores, Wall start, Duration interval);
  void AddMemory(double bytes, Wall start);
  // The highest of both where their blocks meet. Their needs must be the same.
  void Merge(const KeptSamples& other);

  [[nodiscard]] const SampleNeed& need() const { return need_; }
  // Those that start in [since, before).
  [[nodiscard]] SampleLog Cpu(Wall since, Wall before) const;
  [[nodiscard]] SampleLog Memory(Wall since, Wall before) const;

  // As a table of schemas/state.fbs and back; false for what no Write can have meant.
  [[nodiscard]] flatbuffers::Offset<state::fb::KeptSamples> Write(state::Builder& to) const;
  [[nodiscard]] bool Read(const state::fb::KeptSamples& from);
  void ReadBeforeTags(ByteReader& in);  // see before_tags.cc
  [[nodiscard]] std::size_t HeapBytes() const;

 private:
  // A need of more than this is not believed when it is read.
  static constexpr double kMostBlocks = 1e5;
  // The five minutes that are not over yet.
  struct OpenMean {
    std::optional<Wall> start;
    double core_seconds = 0;
    double seconds = 0;
  };
  void CloseMean();
  [[nodiscard]] BlockRing::Shape shape() const;
  [[nodiscard]] SampleLog Blocks(const BlockRing& ring, Wall since, Wall before) const;

  SampleNeed need_;
  BlockRing cpu_;
  BlockRing memory_;
  OpenMean open_;
  SampleLog every_cpu_;
  SampleLog every_memory_;
};

}  // namespace loadline::collector
