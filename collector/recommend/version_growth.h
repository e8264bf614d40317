// Whether the version that runs needs more CPU than those before it.
#pragma once

#include "collector/usage/cpu_profile.h"

namespace loadline::collector {

// How many times as much those that run use as `all`, which are they and those that are gone: at what both come to in one
// minute of twenty, so that a version that has lived through its busy hours alone is not taken for a busier one. 1 while
// it runs for less than an hour, and where it is no more than noise; at most a quarter more, because one busy replica
// may say so alone.
double TimesAsBusy(const CpuProfile& running, const CpuProfile& all);

}  // namespace loadline::collector
