#include "collector/usage/bucket_scheme.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "collector/usage/bucket_table.h"

namespace loadline::collector {
namespace {

constexpr double kRatio =
    1. + 0.05;  // Not 1.05: upstream writes the sum, and the bits of the quotient depend on it.

std::vector<double> Table(const std::array<double, kBucketCount>& starts) {
  return {starts.begin(), starts.end()};
}

}  // namespace

BucketScheme::BucketScheme(double first, double ratio, std::vector<double> starts)
    : first_(first), ratio_(ratio), log_ratio_(std::log(ratio)), starts_(std::move(starts)) {
  assert(first > 0 && ratio >= 1 && starts_.size() >= 2);
}

BucketScheme BucketScheme::Linear(double max, double size) {
  const int count = static_cast<int>(std::ceil(max / size)) + 1;
  std::vector<double> starts;
  for (int bucket = 0; bucket < count; ++bucket) starts.push_back(bucket * size);
  return {size, 1, std::move(starts)};
}

BucketScheme BucketScheme::Exponential(double max, double first, double ratio) {
  const double log_ratio = std::log(ratio);
  const int count = static_cast<int>(std::ceil(std::log(max * (ratio - 1) / first + 1) / log_ratio)) + 1;
  std::vector<double> starts = {0};
  for (int bucket = 1; bucket < count; ++bucket) {
    starts.push_back(first * (std::pow(ratio, bucket) - 1) / (ratio - 1));
  }
  return {first, ratio, std::move(starts)};
}

const BucketScheme& BucketScheme::Cpu() {
  static const BucketScheme kScheme(0.01, kRatio, Table(kCpuBucketStarts));
  return kScheme;
}

const BucketScheme& BucketScheme::Memory() {
  static const BucketScheme kScheme(1e7, kRatio, Table(kMemoryBucketStarts));
  return kScheme;
}

int BucketScheme::Find(double value) const {
  if (!(value >= first_)) return 0;
  const double position =
      ratio_ == 1 ? value / first_ : std::log(value * (ratio_ - 1) / first_ + 1) / log_ratio_;
  return static_cast<int>(std::min(position, static_cast<double>(Count() - 1)));
}

}  // namespace loadline::collector
