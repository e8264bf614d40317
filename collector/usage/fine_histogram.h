// A decaying histogram of fine buckets: 32 to the octave, so 2 to 3 % wide, whatever the value.
//
// The bucket of a value is read off its floating-point bits, which costs a shift. Only the span of buckets
// that were used is stored, as floats: a container whose use varies tenfold costs some 400 bytes. Zero, and
// what is too small to matter, is counted apart. Weights are of any unit; seconds of samples are usual.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "collector/state/tables.h"
#include "collector/usage/byte_reader.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

class FineHistogram {
 public:
  static constexpr int kPerOctave = 32;
  static constexpr float kSmallest = 0x1p-20f;      // a microcore; below it is zero
  static constexpr int kBuckets = 34 * kPerOctave;  // up to 16384

  explicit FineHistogram(Duration half_life) : half_life_(half_life) {}

  // Negative values are not allowed; values beyond the last bucket are counted there.
  void Add(double value, double weight, Wall at);
  void Merge(const FineHistogram& other);

  // Bucket of a value at or above kSmallest, and where buckets start.
  static int Find(double value);
  static double Start(int bucket);

  // Weights at the latest time of any sample.
  struct Span {
    int first = 0;  // bucket of weights[0]
    const std::vector<float>* weights = nullptr;
    double zero = 0;   // weight of zeros
    double total = 0;  // with them
  };
  [[nodiscard]] Span span() const { return {first_, &weights_, zero_, total_}; }
  [[nodiscard]] bool IsEmpty() const { return total_ <= 0; }
  // The value below which `share` of the weight lies, to the end of its bucket.
  [[nodiscard]] double Quantile(double share) const;
  // The share of the weight above `value`.
  [[nodiscard]] double ShareAbove(double value) const;

  // As a table of schemas/state.fbs and back; false for what no Write can have meant. Null: an empty one.
  [[nodiscard]] flatbuffers::Offset<state::fb::FineHistogram> Write(state::Builder& to) const;
  [[nodiscard]] bool Read(const state::fb::FineHistogram* from);
  void ReadBeforeTags(ByteReader& in);  // see before_tags.cc
  [[nodiscard]] std::size_t HeapBytes() const { return weights_.capacity() * sizeof(float); }

 private:
  float& WeightRef(int bucket);
  double Factor(Wall at);
  void Scale(double factor);

  Duration half_life_;
  std::optional<Wall> reference_;  // a sample at this time has its plain weight
  // The factor of the latest sample's minute: samples of one minute share it.
  Wall factor_at_{};
  double factor_ = 1;
  int first_ = 0;
  std::vector<float> weights_;
  double zero_ = 0;
  double total_ = 0;
};

}  // namespace loadline::collector
