// When to try a failed send again.
#pragma once

#include <cstdint>

#include "collector/alert/sink.h"

namespace loadline::collector {

struct RetryPolicy {
  Duration first = std::chrono::milliseconds(500);  // less hammers, more delays the first page
  double factor = 2;
  Duration most = std::chrono::seconds(60);
  Duration longest_retry_after =
      std::chrono::hours(1);  // whoever says more is believed so far and no further

  // The wait before attempt `attempts + 1`, after `attempts` (>= 1) failed. The other side's word goes before
  // our own arithmetic. `jitter` in [0, 1) spreads many collectors: the wait is shortened by up to a fifth.
  //   attempts 1: 0.5 s, 2: 1 s, 3: 2 s, 8 and more: 60 s
  [[nodiscard]] Duration Wait(const Outcome& outcome, std::uint32_t attempts, double jitter) const;
};

}  // namespace loadline::collector
