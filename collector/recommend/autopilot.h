// The windowed rules of Google's Autopilot, as published (EuroSys 2020, section 3.2), to be compared with.
//
// CPU: the load-adjusted 95th percentile of five-minute use (95 % of the work, not of the time), which
// forgets by half in 12 h. Memory: the 98th percentile of five-minute peaks, by half in 48 h. Both with 15 %
// on top, and the highest of what was said an hour ago and now. They rank samples, so they need usage that
// keeps these: five minutes for two weeks, of which the oldest counts less than a hundredth.
#pragma once

#include <memory>

#include "collector/recommend/algorithm.h"

namespace loadline::collector {

// What both forms of it need.
SampleNeed AutopilotSamples();

std::unique_ptr<Algorithm> MakeAutopilot();

}  // namespace loadline::collector
