#include "collector/usage/fine_histogram.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>

namespace loadline::collector {
namespace {

constexpr int kMantissaBits = 23;
constexpr int kShift = kMantissaBits - 5;  // 2^5 = 32 to the octave
static_assert(FineHistogram::kPerOctave == 1 << (kMantissaBits - kShift));
constexpr std::uint32_t kFirstBits = std::bit_cast<std::uint32_t>(FineHistogram::kSmallest) >> kShift;
constexpr double kLargestFactor = 0x1p40;

}  // namespace

int FineHistogram::Find(double value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(static_cast<float>(value)) >> kShift;
  return std::min(static_cast<int>(bits - kFirstBits), kBuckets - 1);
}

double FineHistogram::Start(int bucket) {
  return std::bit_cast<float>((static_cast<std::uint32_t>(bucket) + kFirstBits) << kShift);
}

float& FineHistogram::WeightRef(int bucket) {
  if (weights_.empty()) first_ = bucket;
  if (bucket < first_) {
    weights_.insert(weights_.begin(), static_cast<std::size_t>(first_ - bucket), 0.0f);
    first_ = bucket;
  }
  const auto index = static_cast<std::size_t>(bucket - first_);
  if (index >= weights_.size()) {
    weights_.reserve(index + 1);
    weights_.resize(index + 1);
  }
  return weights_[index];
}

double FineHistogram::Factor(Wall at) {
  if (!reference_) reference_ = at;
  const Duration apart = at - factor_at_;
  if (apart >= Duration::zero() && apart < std::chrono::minutes(1)) return factor_;
  factor_ =
      std::exp2(static_cast<double>((at - *reference_).count()) / static_cast<double>(half_life_.count()));
  if (factor_ > kLargestFactor) {
    Scale(1 / factor_);
    reference_ = at;
    factor_ = 1;
  }
  factor_at_ = at;
  return factor_;
}

void FineHistogram::Scale(double factor) {
  for (float& weight : weights_) weight *= static_cast<float>(factor);
  zero_ *= factor;
  total_ *= factor;
}

void FineHistogram::Add(double value, double weight, Wall at) {
  assert(value >= 0);
  const double grown = weight * Factor(at);
  total_ += grown;
  if (value < kSmallest) {
    zero_ += grown;
  } else {
    WeightRef(Find(value)) += static_cast<float>(grown);
  }
}

void FineHistogram::Merge(const FineHistogram& other) {
  if (!other.reference_) return;
  if (!reference_) {
    *this = other;
    return;
  }
  // The other's weights as they would be with our reference.
  const Duration ahead = *other.reference_ - *reference_;
  const double factor =
      std::exp2(static_cast<double>(ahead.count()) / static_cast<double>(half_life_.count()));
  for (std::size_t i = 0; i < other.weights_.size(); ++i) {
    if (other.weights_[i] > 0) {
      WeightRef(other.first_ + static_cast<int>(i)) += static_cast<float>(other.weights_[i] * factor);
    }
  }
  zero_ += other.zero_ * factor;
  total_ += other.total_ * factor;
}

double FineHistogram::Quantile(double share) const {
  const double threshold = share * total_;
  double sum = zero_;
  if (sum >= threshold) return 0;
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    sum += weights_[i];
    if (sum >= threshold) return Start(first_ + static_cast<int>(i) + 1);
  }
  return weights_.empty() ? 0 : Start(first_ + static_cast<int>(weights_.size()));
}

double FineHistogram::ShareAbove(double value) const {
  if (total_ <= 0) return 0;
  double above = 0;
  for (std::size_t i = weights_.size(); i-- > 0;) {
    if (Start(first_ + static_cast<int>(i)) < value) break;
    above += weights_[i];
  }
  return above / total_;
}

}  // namespace loadline::collector
