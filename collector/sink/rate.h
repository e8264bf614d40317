// How fast something may be told, by all lanes that lead to the same place: one Slack channel has one rate,
// however many receivers write to it. Thread-safe.
#pragma once

#include <mutex>

#include "collector/alert/token_bucket.h"

namespace loadline::collector {

class Rate {
 public:
  Rate(double per_second, double burst) : bucket_(per_second, burst) {}

  // How many may be told now, and when one may be: `now`, or later.
  [[nodiscard]] double Available(Mono now) const {
    const std::lock_guard lock(mutex_);
    return bucket_.Available(now);
  }
  [[nodiscard]] Mono NextAt(Mono now) const {
    const std::lock_guard lock(mutex_);
    return bucket_.NextAt(now);
  }
  // Counts one as told; false when another lane was faster and there is none to spare.
  [[nodiscard]] bool Take(Mono now) {
    const std::lock_guard lock(mutex_);
    if (bucket_.NextAt(now) > now) return false;
    bucket_.Take(now);
    return true;
  }

 private:
  mutable std::mutex mutex_;
  TokenBucket bucket_;
};

}  // namespace loadline::collector
