// So much at once, and so much a second on: what bounds a rate and forgives a burst.
#pragma once

#include <algorithm>
#include <chrono>

#include "schemas/base/clock.h"

namespace loadline::collector {

class Allowance {
 public:
  Allowance(double at_once, double a_second, Mono now)
      : at_once_(at_once), a_second_(a_second), left_(at_once), counted_(now) {}

  // Takes it, if there is so much.
  bool Take(double amount, Mono now) {
    Count(now);
    if (left_ < amount) return false;
    left_ -= amount;
    return true;
  }

  // Takes it, into debt if need be; how long it is until the debt is paid.
  Duration Charge(double amount, Mono now) {
    Count(now);
    left_ -= amount;
    if (left_ >= 0) return Duration::zero();
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(-left_ / a_second_));
  }

  // Nothing was taken lately: it is as good as a new one.
  [[nodiscard]] bool IsWhole(Mono now) const {
    return left_ + Seconds(now - counted_) * a_second_ >= at_once_;
  }

 private:
  void Count(Mono now) {
    left_ = std::min(at_once_, left_ + Seconds(now - counted_) * a_second_);
    counted_ = now;
  }

  double at_once_;
  double a_second_;
  double left_;
  Mono counted_;
};

}  // namespace loadline::collector
