// Each probe with the forms it has, best first. What is tried, on which condition, and why, is in probes.cc.
#pragma once

#include <memory>

#include "agent/kernel/kernel_btf.h"
#include "agent/kernel/shared_maps.h"
#include "schemas/wire/records.h"

namespace loadline::agent {

// A probe that runs, or the reasons why it does not.
struct RunningProbe {
  wire::SignalRung rung;
  std::shared_ptr<void> object;  // detaches when destroyed; null when the probe is off
  int aggregates = -1;           // fd of its map of sums, as long as `object` lives; -1: it has none
};

struct ProbeContext {
  const KernelBtf& btf;
  const SharedMaps& shared;
};

RunningProbe OpenCgroupLifecycle(const ProbeContext& context, wire::Rung ceiling, std::uint64_t hierarchies);
RunningProbe OpenOomKill(const ProbeContext& context, wire::Rung ceiling);
RunningProbe OpenMemoryReclaim(const ProbeContext& context, wire::Rung ceiling);
RunningProbe OpenCpuThrottle(const ProbeContext& context, wire::Rung ceiling);
RunningProbe OpenProcessExit(const ProbeContext& context, wire::Rung ceiling);
RunningProbe OpenKernelLog(const ProbeContext& context, wire::Rung ceiling);
RunningProbe OpenRunQueue(const ProbeContext& context, wire::Rung ceiling);

}  // namespace loadline::agent
