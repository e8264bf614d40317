// Durations as Prometheus and Alertmanager write them.
#pragma once

#include <string_view>

#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::collector {

// "30s", "1h30m", "2d", "0": units from large to small, each once; a year is 365 days. Fails on anything
// else, and beyond 292 years.
Result<Duration> ParsePrometheusDuration(std::string_view text);

}  // namespace loadline::collector
