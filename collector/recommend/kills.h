// What kills at the memory limit ask for.
//
// A kill says that more was needed, not how much more. For a day it asks for a large step, because who starts
// far too small must not be killed again and again; then the use seen since is believed, with at least a
// margin over the killed size. That fades as peaks do, and is renewed when it is killed again:
//
//   killed once at 1 GiB:        for a day 4.2 GiB, until the third day 1.15 GiB, on day 9 0.55, from day 28 on 0
//   killed once at 16 GiB:       for a day 20 GiB: what is added to a large one is bounded
//   killed again a week later:   both count whole for two weeks after the second
#pragma once

#include <span>

#include "collector/usage/samples.h"

namespace loadline::collector {

// In bytes; 0 without any. `kills` oldest first. While nothing runs nothing is learnt and nothing forgotten: `seen` is
// when it was last seen running.
double NeedAfterKills(std::span<const OomSample> kills, Wall seen);

}  // namespace loadline::collector
