// Is the clock kept by a time service? The kernel says so itself (adjtimex); how far the clock is off, the collector
// knows by the node's heartbeats.
#pragma once

#include "agent/checks/check.h"

namespace loadline::agent {

inline constexpr const char* kClockUnsynchronised = "ClockUnsynchronised";

// By the status and the largest error, microseconds, of adjtimex. `state` below 0: it could not be asked.
Judgement JudgeClock(int state, int status, long max_error_us);

class ClockSync final : public Check {
 public:
  std::vector<Judgement> Look(Mono now, const std::stop_token& stop) override;
};

}  // namespace loadline::agent
