// What kills at the memory limit ask for.
//
// A kill says that more was needed, not how much more. For a day it asks for a large step, because who starts
// far too small must not be killed again and again; then the use seen since is believed, with at least a
// margin over the killed size. That fades as peaks do, and is renewed when it is killed again:
//
//   killed once at 1 GiB:        for a day 4.2 GiB, until the third day 1.15 GiB, on day 9 0.55, from day 28 on 0
//   killed once at 16 GiB:       for a day 20 GiB: what is added to a large one is bounded
//   killed again a week later:   both count whole for two weeks after the second
//   ... at what it was given:    1.6 times that, and 2 times after another one
#pragma once

#include <span>

#include "collector/usage/block_peaks.h"
#include "collector/usage/samples.h"

namespace loadline::collector {

// In bytes; 0 without any. `kills` oldest first. While nothing runs nothing is learnt and nothing forgotten: `seen` is
// when it was last seen running.
double NeedAfterKills(std::span<const OomSample> kills, Wall seen);

// The use beyond a killed size that was seen after the kill, in bytes; 0 when there was none: then what killed is over.
// It is what the container needs when that comes again, and is held for a week and a day, so that it is there in a week.
// When it comes, killing or not, for twice the time between. Peaks that the calendar knows are left to it (season.h).
//
//   killed at 465 MiB on a Monday, 3 GiB after it:   3 GiB until the Tuesday after next
//   3 GiB again ten days after the first time:       for twenty days after that, and so on
double PeakThatKilled(std::span<const OomSample> kills, const BlockPeaks& peaks, Wall seen);

}  // namespace loadline::collector
