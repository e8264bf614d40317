#include "collector/usage/decaying_histogram.h"

#include <cassert>
#include <cmath>

namespace loadline::collector {
namespace {

constexpr int kMaxHalfLives = 100;

// Nearest multiple of `step` since 0001-01-01T00:00Z, halves up. In 128 bits: such a time has no 64-bit
// nanoseconds.
Wall RoundToMultiple(Wall at, Duration step) {
  __extension__ using Wide = __int128;
  constexpr Wide kYearOneToUnix = Wide{62'135'596'800} * 1'000'000'000;
  const Wide since_year_one = Wide{at.time_since_epoch().count()} + kYearOneToUnix;
  const Wide past = since_year_one % step.count();
  const Wide rounded =
      past + past < step.count() ? since_year_one - past : since_year_one + step.count() - past;
  return Wall(Duration(static_cast<std::int64_t>(rounded - kYearOneToUnix)));
}

double Ratio(Duration numerator, Duration denominator) {
  return static_cast<double>(numerator.count()) / static_cast<double>(denominator.count());
}

}  // namespace

DecayingHistogram::DecayingHistogram(const BucketScheme& scheme, Duration half_life)
    : histogram_(scheme), half_life_(half_life) {
  assert(half_life > Duration::zero());
}

void DecayingHistogram::MoveReference(Wall to) {
  const Wall moved = RoundToMultiple(to, half_life_);
  if (reference_) {
    const double exponent = std::floor(Ratio(*reference_ - moved, half_life_) + 0.5);
    histogram_.Scale(std::ldexp(1.0, static_cast<int>(exponent)));
  }
  reference_ = moved;
}

double DecayingHistogram::DecayFactor(Wall at) {
  if (!reference_ || at > *reference_ + kMaxHalfLives * half_life_) MoveReference(at);
  return std::exp2(Ratio(at - *reference_, half_life_));
}

void DecayingHistogram::AddSample(double value, double weight, Wall at) {
  const double factor = DecayFactor(at);
  histogram_.AddSample(value, weight * factor);
}

void DecayingHistogram::AddToBucket(int bucket, double weight, Wall at) {
  const double factor = DecayFactor(at);
  histogram_.AddToBucket(bucket, weight * factor);
}

void DecayingHistogram::SubtractSample(double value, double weight, Wall at) {
  const double factor = DecayFactor(at);
  histogram_.SubtractSample(value, weight * factor);
}

void DecayingHistogram::Merge(const DecayingHistogram& other) {
  assert(other.half_life_ == half_life_);
  if (!other.reference_) {
    histogram_.Merge(other.histogram_);
    return;
  }
  if (!reference_ || *reference_ < *other.reference_) MoveReference(*other.reference_);
  if (*other.reference_ == *reference_) {
    histogram_.Merge(other.histogram_);
    return;
  }
  DecayingHistogram moved = other;
  moved.MoveReference(*reference_);
  histogram_.Merge(moved.histogram_);
}

Result<void> DecayingHistogram::Load(const DecayingCheckpoint& checkpoint) {
  if (auto loaded = histogram_.Load(checkpoint.histogram); !loaded) return loaded;
  reference_ = checkpoint.reference;
  return {};
}

}  // namespace loadline::collector
