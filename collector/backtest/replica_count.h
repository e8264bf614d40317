// A horizontal autoscaler, by the defaults of Kubernetes: a tenth of tolerance, and down only to what was wanted at any
// time of the last five minutes.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "collector/backtest/life.h"

namespace loadline::collector {

class ReplicaCount {
 public:
  explicit ReplicaCount(const LifeScaling& scaling) : scaling_(scaling), replicas_(scaling.least) {
    wanted_.fill(scaling.least);
  }

  [[nodiscard]] int replicas() const { return replicas_; }

  // What a container uses of the resource, as a share of its request.
  [[nodiscard]] double ShareOf(const SimulatedContainer::Demand& used, const Amounts& request) const {
    return scaling_.resource == Resource::kCpu
               ? used.cores * 1000 / static_cast<double>(std::max<MilliCores>(1, request.cpu))
               : used.bytes / static_cast<double>(std::max<Bytes>(1, request.memory));
  }

  // A minute has passed in which so many ran, and used that share of their requests in the mean.
  void Step(double share, int running) {
    if (running == 0) return;
    const double ratio = share / scaling_.target;
    int wanted = running;
    if (std::abs(ratio - 1) > kTolerance) wanted = static_cast<int>(std::ceil(running * ratio - 1e-9));
    wanted_[minute_++ % wanted_.size()] = std::clamp(wanted, scaling_.least, scaling_.most);
    replicas_ = std::ranges::max(wanted_);
  }

 private:
  static constexpr double kTolerance = 0.1;

  LifeScaling scaling_;
  int replicas_;
  std::array<int, 5> wanted_{};
  std::size_t minute_ = 0;
};

}  // namespace loadline::collector
