// How often something may be done: `per_second` in the long run, `burst` at once.
#pragma once

#include <algorithm>

#include "schemas/base/clock.h"

namespace loadline::collector {

class TokenBucket {
 public:
  TokenBucket(double per_second, double burst) : per_second_(per_second), burst_(burst), tokens_(burst) {}

  // How many may be done now.
  [[nodiscard]] double Available(Mono now) const {
    return std::min(burst_, tokens_ + std::max(0.0, Seconds(now - at_)) * per_second_);
  }
  // When one may be done: `now`, or later.
  [[nodiscard]] Mono NextAt(Mono now) const {
    const double missing = 1 - Available(now);
    if (missing <= 0) return now;
    return now +
           std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>(missing / per_second_));
  }
  // Counts one as done, also when there was none to spare.
  void Take(Mono now) {
    tokens_ = std::max(0.0, Available(now) - 1);
    at_ = now;
  }

 private:
  double per_second_;
  double burst_;
  double tokens_;
  Mono at_{};
};

}  // namespace loadline::collector
