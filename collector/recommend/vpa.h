// The upstream VerticalPodAutoscaler recommender, to the last unit: to be compared with, and to fall back to.
//
// Each bound is a percentile of the decaying histogram, then 15 % margin, then (bounds only) a factor of
// confidence, then the floor. See docs/recommendations.md.
#pragma once

#include <memory>

#include "collector/recommend/algorithm.h"

namespace loadline::collector {

struct VpaOptions {
  double margin = 0.15;
  double target_percentile = 0.9;
  double lower_percentile = 0.5;
  double upper_percentile = 0.95;
  Duration confidence_interval = std::chrono::hours(24);
  Amounts pod_floor = {.cpu = 25, .memory = 250 * kMiB};
};

// Grows with history and with the number of samples, one each minute: 0 with one sample, 1 after a day, 7
// after a week.
double VpaConfidence(const VpaAggregate& usage, Duration interval);

// base * (1 + multiplier / confidence)^exponent, cut to a whole unit; at most 1e14, which stands for "no
// bound".
std::int64_t ScaleByConfidence(std::int64_t base, double confidence, double multiplier, double exponent);

// Bounds of one resource before the policy's caps, with the floor applied.
Sizing VpaSizing(const VpaAggregate& usage, Resource resource, const Context& context,
                 const VpaOptions& options);

std::unique_ptr<Algorithm> MakeVpa(const VpaOptions& options = {});

}  // namespace loadline::collector
