// The model as people see it.
#pragma once

#include <memory>
#include <vector>

#include "collector/model/liveness.h"
#include "collector/model/model.h"
#include "collector/snapshot/snapshot.h"

namespace loadline::collector {

// By name.
std::vector<NodeView> NodeViews(const Model& model, const Liveness& liveness, Mono now);

// By id. A workload that has not changed since the last call gives the same object again.
std::vector<std::shared_ptr<const WorkloadView>> WorkloadViews(const Model& model);

// A container's limits as its replicas have them; where they differ, the largest. On three nodes and more the
// largest that two of them tell of: one agent alone could say anything.
wire::CgroupLimits LimitsOf(const Model& model, const Container& container);

}  // namespace loadline::collector
