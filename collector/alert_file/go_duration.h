// Durations as Go writes them, which are those of a `timeout`: "1h1m", "1.5s", "250ms". Alertmanager reads its other
// durations otherwise (prometheus_duration.h).
#pragma once

#include <string_view>

#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::collector {

// May be below zero. Fails on what is none, and on what is longer than a Duration can say.
Result<Duration> ParseGoDuration(std::string_view text);

}  // namespace loadline::collector
