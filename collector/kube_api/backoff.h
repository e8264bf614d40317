// How long to wait before trying again: twice as long each time, and never in step with others.
#pragma once

#include <algorithm>
#include <random>
#include <utility>

#include "schemas/base/clock.h"

namespace loadline::collector {

struct BackoffOptions {
  Duration first = std::chrono::milliseconds(500);
  Duration most = std::chrono::seconds(30);
};

class Backoff {
 public:
  explicit Backoff(BackoffOptions options = {}, std::uint64_t seed = std::random_device()())
      : options_(options), next_(options.first), random_(seed) {}

  // Between half of the step and the whole: 0.25-0.5 s, 0.5-1 s, ... 15-30 s.
  Duration Next() {
    const Duration step = std::exchange(next_, std::min(next_ * 2, options_.most));
    return std::chrono::duration_cast<Duration>(step * std::uniform_real_distribution(0.5, 1.0)(random_));
  }
  void Reset() { next_ = options_.first; }

 private:
  BackoffOptions options_;
  Duration next_;
  std::mt19937_64 random_;
};

}  // namespace loadline::collector
