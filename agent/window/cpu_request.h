// The CPU request behind what the kernel was told of it.
//
// Runtimes turn shares into cpu.weight by one of two formulas, and a weight does not say by which: 59 was 500m,
// or 1500m. So on v2 this is a guess; of a pod the API server knows better.
#pragma once

#include "agent/signal/cgroup_counters.h"
#include "schemas/base/units.h"

namespace loadline::agent {

// 0: nobody asked for anything. `limit`: of the same cgroup, 0 for none. A request is often the limit, or else
// round. `in_kubernetes`: the weight comes from the kubelet and always means a request.
//
// | weight  | 17   | 35   | 59   | 100   | 174   | 303   |
// | request | 100m | 250m | 500m | 1000m | 2000m | 4000m |
MilliCores GuessRequest(const CpuCounters& cpu, MilliCores limit, bool in_kubernetes);

}  // namespace loadline::agent
