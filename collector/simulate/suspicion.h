// SWIM with suspicion as memberlist has it by default, to be compared with: a probe a second, three members asked besides, and
// dead after 4 * log10(members) seconds, at least 4, under suspicion that nobody refutes.
// Das et al., "SWIM", 2002.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace loadline::collector {

// Of one member. Times are seconds.
class Suspicion {
 public:
  explicit Suspicion(std::size_t members)
      : dead_after_(4 * std::max(1.0, std::log10(std::max(1.0, static_cast<double>(members))))) {}

  // `answers()`: whether a probe then is answered; asked up to four times a second.
  template <typename Answers>
  bool IsDead(double at, Answers answers) {
    if (at < next_) return dead_;
    next_ = at + 1;
    bool answered = false;
    for (int asker = 0; asker < 4 && !answered; ++asker) answered = answers();
    if (answered) suspected_ = kNobody;
    if (!answered && suspected_ == kNobody) suspected_ = at;
    dead_ = at - suspected_ >= dead_after_;
    return dead_;
  }

 private:
  static constexpr double kNobody = std::numeric_limits<double>::infinity();
  double dead_after_;
  double next_ = 0;
  double suspected_ = kNobody;
  bool dead_ = false;
};

}  // namespace loadline::collector
