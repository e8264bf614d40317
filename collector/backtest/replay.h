// One series replayed against one algorithm, and what came of it.
//
// After a warm-up the algorithm is asked once a cadence, knowing only samples from before, and its answer is
// held until the next time. The memory limit is the request. Windows with fewer than three samples are
// skipped.
#pragma once

#include <optional>

#include "collector/backtest/trace.h"
#include "collector/recommend/algorithm.h"

namespace loadline::collector {

struct ReplayOptions {
  Duration warmup = std::chrono::hours(24);
  Duration cadence = std::chrono::hours(24);
  bool floors = true;  // the algorithm's smallest requests
  // Usage cannot exceed the memory request: the container is killed there, the usage is clipped, and the
  // algorithm is asked again at once. Otherwise usage beyond the request goes into the history as it is.
  bool censored = false;
  double knob = Context{}.knob;
};

// Shares are fractions. A figure is absent when nothing of its kind was measured.
struct Figures {
  std::optional<double> memory_slack{};  // mean over samples of max(0, request - usage) / request
  std::optional<double> oom_days{};      // windows with a sample above the memory request
  std::optional<double> cpu_slack{};
  std::optional<double> cpu_over{};         // samples above the CPU request
  std::optional<double> changes_per_day{};  // answers that moved a request by more than a tenth
};

Figures Replay(const Trace& trace, const Algorithm& algorithm, const ReplayOptions& options);

}  // namespace loadline::collector
