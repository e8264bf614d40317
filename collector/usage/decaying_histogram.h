// A histogram in which a sample counts half as much after each half-life.
//
// Instead of shrinking all old weights at every sample, a new sample's weight is enlarged: weight * 2^((t -
// reference) / half-life). Only ratios of weights matter for a percentile. When a sample lies more than 100
// half-lives behind the reference the weights would grow beyond reason, so the reference moves there and
// everything is scaled down once. The reference is always a whole multiple of the half-life, counted from
// year 1 as upstream does.
#pragma once

#include <optional>

#include "collector/usage/histogram.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

struct DecayingCheckpoint {
  HistogramCheckpoint histogram;
  std::optional<Wall> reference;  // absent: no sample was ever added
  bool operator==(const DecayingCheckpoint&) const = default;
};

class DecayingHistogram {
 public:
  DecayingHistogram(const BucketScheme& scheme, Duration half_life);

  void AddSample(double value, double weight, Wall at);
  void AddToBucket(int bucket, double weight, Wall at);
  void SubtractSample(double value, double weight, Wall at);
  // `other` must have the same scheme and half-life. The older of the two references moves to the younger.
  void Merge(const DecayingHistogram& other);

  [[nodiscard]] double Percentile(double share) const { return histogram_.Percentile(share); }
  [[nodiscard]] bool IsEmpty() const { return histogram_.IsEmpty(); }
  [[nodiscard]] const Histogram& histogram() const { return histogram_; }
  [[nodiscard]] std::optional<Wall> reference() const { return reference_; }
  [[nodiscard]] Duration half_life() const { return half_life_; }

  [[nodiscard]] DecayingCheckpoint Save() const { return {histogram_.Save(), reference_}; }
  // Adds the checkpoint's weights and takes over its reference, as upstream; meant for a fresh histogram.
  Result<void> Load(const DecayingCheckpoint& checkpoint);

  // As a table of schemas/state.fbs and back; false for what no Write can have meant. Null: an empty one.
  [[nodiscard]] flatbuffers::Offset<state::fb::VpaHistogram> Write(state::Builder& to) const;
  [[nodiscard]] bool Read(const state::fb::VpaHistogram* from);
  void ReadBeforeTags(ByteReader& in);  // see before_tags.cc

 private:
  double DecayFactor(Wall at);
  void MoveReference(Wall to);

  Histogram histogram_;
  Duration half_life_;
  std::optional<Wall> reference_;
};

}  // namespace loadline::collector
