// How a histogram divides its axis: which bucket a value falls into, and where each bucket starts.
//
// The last bucket is open upwards. Values below the first bucket's end, negative ones too, are in bucket 0.
// Immutable; the two schemes of the recommender live as long as the program.
#pragma once

#include <vector>

namespace loadline::collector {

class BucketScheme {
 public:
  // Buckets of equal size from 0 to at least `max`.
  static BucketScheme Linear(double max, double size);

  // The first bucket is [0, first), each following one `ratio` times as wide; the last starts at or above
  // `max`.
  static BucketScheme Exponential(double max, double first, double ratio);

  // The schemes of the upstream recommender: 176 buckets, ratio 1.05; cores from 0.01, bytes from 1e7.
  static const BucketScheme& Cpu();
  static const BucketScheme& Memory();

  // The bucket of `value`. As upstream, the logarithm's rounding puts most exact bucket starts one bucket
  // lower.
  [[nodiscard]] int Find(double value) const;

  [[nodiscard]] double Start(int bucket) const { return starts_[static_cast<std::size_t>(bucket)]; }
  // Where the next bucket starts; for the last bucket its own start.
  [[nodiscard]] double End(int bucket) const { return Start(bucket < Count() - 1 ? bucket + 1 : bucket); }
  [[nodiscard]] int Count() const { return static_cast<int>(starts_.size()); }

 private:
  BucketScheme(double first, double ratio, std::vector<double> starts);

  double first_;
  double ratio_;  // 1 is linear
  double log_ratio_;
  std::vector<double> starts_;
};

}  // namespace loadline::collector
