// How what a node sends comes through: TCP over a line that loses packets, one for itself or for a while all of them.
// Times are seconds since the simulation began.
#pragma once

#include <algorithm>
#include <chrono>
#include <limits>
#include <vector>

#include "collector/simulate/chance.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

inline constexpr double kNever = std::numeric_limits<double>::infinity();

inline Mono MonoAt(double seconds) {
  return Mono(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds)));
}

struct TimeSpan {
  double from = kNever;
  double to = kNever;
  [[nodiscard]] bool Has(double at) const { return from <= at && at < to; }
};

inline bool AnyHas(const std::vector<TimeSpan>& spans, double at) {
  return std::ranges::any_of(spans, [at](const TimeSpan& span) { return span.Has(at); });
}

class SimulatedLine {
 public:
  explicit SimulatedLine(double loss = 0) : loss_(loss) {}
  // From now on.
  void Lose(double loss) { loss_ = loss; }
  // A time in which nothing passes.
  void Break(TimeSpan gap) { gaps_.push_back(gap); }

  // Whether a packet that is sent then comes through.
  bool Passes(double at, Chance& chance) const;
  // There and back, once.
  bool Returns(double at, Chance& chance) const { return Passes(at, chance) && Passes(at, chance); }
  // When what is sent then arrives: what is lost comes again after 200 ms, then twice as long each time.
  double Carried(double sent, Chance& chance) const;

 private:
  double loss_;
  std::vector<TimeSpan> gaps_;
};

}  // namespace loadline::collector
