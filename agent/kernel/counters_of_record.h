// Records of the snapshot as counters. Pure.
#pragma once

#include "agent/signal/cgroup_counters.h"
#include "agent/signal/cgroup_index.h"

struct cgroup_record;
struct moved_record;

namespace loadline::agent {

// Adds what this hierarchy tells about the cgroup to `counters`; what others told stays.
void Apply(const cgroup_record& record, HierarchyId hierarchy, CgroupCounters& counters);

// What has moved; all else stays.
void Apply(const moved_record& record, CgroupCounters& counters);

}  // namespace loadline::agent
