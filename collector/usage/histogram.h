// A weighted histogram over a bucket scheme, equal to the upstream recommender's in every rounding.
//
// Only the span of buckets ever touched is stored, so a steady container costs some dozens of bytes. A
// percentile is the END of the bucket it falls into: never an under-estimate, and at most one bucket (5 %)
// too high.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "collector/state/tables.h"
#include "collector/usage/bucket_scheme.h"
#include "collector/usage/byte_reader.h"
#include "schemas/base/result.h"

namespace loadline::collector {

// A histogram as upstream stores it: weights scaled so that the largest is 10000, and the true total.
struct HistogramCheckpoint {
  std::map<int, std::uint32_t> bucket_weights;
  double total_weight = 0;
  bool operator==(const HistogramCheckpoint&) const = default;
};

class Histogram {
 public:
  // Weights below this are nothing: a thousandth of the smallest weight that a sample can have.
  static constexpr double kEpsilon = 1e-4;
  static constexpr std::uint32_t kMaxCheckpointWeight = 10'000;

  // `scheme` must outlive the histogram.
  explicit Histogram(const BucketScheme& scheme);

  void AddSample(double value, double weight) { AddToBucket(scheme_->Find(value), weight); }
  void AddToBucket(int bucket, double weight);
  // Takes back a sample that was added; what falls below epsilon becomes zero.
  void SubtractSample(double value, double weight);
  // Adds all weights of `other`, which must have the same scheme.
  void Merge(const Histogram& other);
  void Scale(double factor);

  [[nodiscard]] bool IsEmpty() const { return Weight(min_bucket_) < kEpsilon; }
  // The end of the first bucket up to which at least `share` (0-1) of the weight lies; 0 when empty.
  [[nodiscard]] double Percentile(double share) const;
  [[nodiscard]] double total_weight() const { return total_weight_; }
  [[nodiscard]] double Weight(int bucket) const {
    const auto index = static_cast<std::size_t>(bucket - first_);
    return bucket >= first_ && index < weights_.size() ? weights_[index] : 0;
  }
  [[nodiscard]] int min_bucket() const { return min_bucket_; }
  [[nodiscard]] int max_bucket() const { return max_bucket_; }
  [[nodiscard]] const BucketScheme& scheme() const { return *scheme_; }
  // Bytes on the heap.
  [[nodiscard]] std::size_t HeapBytes() const { return weights_.capacity() * sizeof(double); }

  [[nodiscard]] HistogramCheckpoint Save() const;
  // Adds what the checkpoint holds to what is here. Fails on buckets outside the scheme and a negative total;
  // the histogram is then unchanged. A checkpoint without weights changes nothing.
  Result<void> Load(const HistogramCheckpoint& checkpoint);

  // The exact state with its owner's reference, for our own snapshots; false for what no Write can have
  // meant.
  [[nodiscard]] flatbuffers::Offset<state::fb::VpaHistogram> Write(
      state::Builder& to, const std::optional<Wall>& reference) const;
  [[nodiscard]] bool Read(const state::fb::VpaHistogram& from);
  void ReadBeforeTags(ByteReader& in);  // see before_tags.cc

 private:
  double& WeightRef(int bucket);
  void Tighten();

  const BucketScheme* scheme_;
  int first_ = 0;  // the bucket of weights_[0]
  std::vector<double> weights_;
  double total_weight_ = 0;
  int min_bucket_;
  int max_bucket_ = 0;
};

}  // namespace loadline::collector
