// The phi accrual failure detector, to be compared with: how unlikely it is that a heartbeat is still to come, by the normal
// distribution of the last 1000 gaps. As Akka has it: at least 100 ms wide, 3 s of pause acceptable.
// Hayashibara et al., "The phi accrual failure detector", 2004.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <deque>

namespace loadline::collector {

// Times are seconds.
class PhiAccrual {
 public:
  void Heard(double at) {
    if (last_ >= 0) Count(at - last_);
    last_ = at;
  }
  [[nodiscard]] bool IsDead(double at, double threshold) const {
    constexpr std::size_t kLeastGaps = 10;
    if (gaps_.size() < kLeastGaps) return false;
    const double count = static_cast<double>(gaps_.size());
    const double mean = sum_ / count;
    const double deviation = std::max(0.1, std::sqrt(std::max(0.0, squares_ / count - mean * mean)));
    const double late = 0.5 * std::erfc((at - last_ - mean - 3) / deviation / std::sqrt(2.0));
    return -std::log10(std::max(late, 1e-300)) > threshold;
  }

 private:
  void Count(double gap) {
    constexpr std::size_t kGaps = 1000;
    gaps_.push_back(gap);
    sum_ += gap;
    squares_ += gap * gap;
    if (gaps_.size() <= kGaps) return;
    sum_ -= gaps_.front();
    squares_ -= gaps_.front() * gaps_.front();
    gaps_.pop_front();
  }

  std::deque<double> gaps_;
  double sum_ = 0;
  double squares_ = 0;
  double last_ = -1;
};

}  // namespace loadline::collector
