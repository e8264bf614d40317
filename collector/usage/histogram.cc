#include "collector/usage/histogram.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>

namespace loadline::collector {

Histogram::Histogram(const BucketScheme& scheme) : scheme_(&scheme), min_bucket_(scheme.Count() - 1) {}

double& Histogram::WeightRef(int bucket) {
  assert(bucket >= 0 && bucket < scheme_->Count());
  if (weights_.empty()) first_ = bucket;
  if (bucket < first_) {
    weights_.insert(weights_.begin(), static_cast<std::size_t>(first_ - bucket), 0.0);
    first_ = bucket;
  }
  const auto index = static_cast<std::size_t>(bucket - first_);
  if (index >= weights_.size()) {
    weights_.reserve(index + 1);  // Exact: doubling would cost more memory than the few growths cost time.
    weights_.resize(index + 1);
  }
  return weights_[index];
}

void Histogram::AddToBucket(int bucket, double weight) {
  double& held = WeightRef(bucket);
  held += weight;
  total_weight_ += weight;
  if (held < kEpsilon) return;
  min_bucket_ = std::min(min_bucket_, bucket);
  max_bucket_ = std::max(max_bucket_, bucket);
}

void Histogram::SubtractSample(double value, double weight) {
  double& held = WeightRef(scheme_->Find(value));
  held = held - weight < kEpsilon ? 0 : held - weight;
  total_weight_ = total_weight_ - weight < kEpsilon ? 0 : total_weight_ - weight;
  Tighten();
}

void Histogram::Merge(const Histogram& other) {
  assert(other.scheme_ == scheme_);
  for (int bucket = other.min_bucket_; bucket <= other.max_bucket_; ++bucket) {
    if (const double weight = other.Weight(bucket); weight != 0) WeightRef(bucket) += weight;
  }
  total_weight_ += other.total_weight_;
  min_bucket_ = std::min(min_bucket_, other.min_bucket_);
  max_bucket_ = std::max(max_bucket_, other.max_bucket_);
}

void Histogram::Scale(double factor) {
  // As upstream: what lies outside min..max is below epsilon and stays as it is.
  const int stored_end = first_ + static_cast<int>(weights_.size());
  for (int bucket = std::max(min_bucket_, first_); bucket <= max_bucket_ && bucket < stored_end; ++bucket) {
    weights_[static_cast<std::size_t>(bucket - first_)] *= factor;
  }
  total_weight_ *= factor;
  Tighten();
}

void Histogram::Tighten() {
  while (min_bucket_ < scheme_->Count() - 1 && Weight(min_bucket_) < kEpsilon) ++min_bucket_;
  while (max_bucket_ > 0 && Weight(max_bucket_) < kEpsilon) --max_bucket_;
}

double Histogram::Percentile(double share) const {
  if (IsEmpty()) return 0;
  const double threshold = share * total_weight_;
  double sum = 0;
  int bucket = min_bucket_;
  for (; bucket < max_bucket_; ++bucket) {
    sum += Weight(bucket);
    if (sum >= threshold) break;
  }
  return scheme_->End(bucket);
}

HistogramCheckpoint Histogram::Save() const {
  HistogramCheckpoint checkpoint{.bucket_weights = {}, .total_weight = total_weight_};
  double largest = 0;
  for (int bucket = min_bucket_; bucket <= max_bucket_; ++bucket) largest = std::max(largest, Weight(bucket));
  for (int bucket = min_bucket_; bucket <= max_bucket_; ++bucket) {
    const auto scaled =
        static_cast<std::uint32_t>(std::floor(Weight(bucket) * kMaxCheckpointWeight / largest + 0.5));
    if (scaled > 0) checkpoint.bucket_weights.emplace(bucket, scaled);
  }
  return checkpoint;
}

Result<void> Histogram::Load(const HistogramCheckpoint& checkpoint) {
  // Weights grow twofold a day until their reference is moved, after a hundred days: far below this.
  constexpr double kMostWeight = 0x1p200;
  if (!(checkpoint.total_weight >= 0 && checkpoint.total_weight <= kMostWeight)) {
    return Failure(ErrorKind::kInvalid, fmt::format("histogram total weight {} is negative, or no weight",
                                                    checkpoint.total_weight));
  }
  std::int64_t sum = 0;
  for (const auto& [bucket, weight] : checkpoint.bucket_weights) {
    if (bucket < 0 || bucket >= scheme_->Count()) {
      return Failure(ErrorKind::kInvalid,
                     fmt::format("histogram bucket {} is outside 0..{}", bucket, scheme_->Count() - 1));
    }
    sum += weight;
  }
  if (sum == 0) return {};
  const double ratio = checkpoint.total_weight / static_cast<double>(sum);
  for (const auto& [bucket, weight] : checkpoint.bucket_weights) {
    WeightRef(bucket) += weight * ratio;
    min_bucket_ = std::min(min_bucket_, bucket);
    max_bucket_ = std::max(max_bucket_, bucket);
  }
  total_weight_ += checkpoint.total_weight;
  Tighten();
  return {};
}

}  // namespace loadline::collector
