#include "collector/alert/retry_policy.h"

#include <algorithm>
#include <cmath>

namespace loadline::collector {

Duration RetryPolicy::Wait(const Outcome& outcome, std::uint32_t attempts, double jitter) const {
  if (outcome.retry_after) return std::clamp(*outcome.retry_after, Duration::zero(), longest_retry_after);
  const double seconds = Seconds(first) * std::pow(factor, static_cast<double>(attempts) - 1);
  const double bounded = std::min(seconds, Seconds(most)) * (1 - 0.2 * jitter);
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(bounded));
}

}  // namespace loadline::collector
