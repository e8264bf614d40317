// Where a horizontal autoscaler adds replicas is its target times what its pods request of a resource. Whoever changes the
// request moves that point, and with it the number of replicas; another target keeps it:
//
//   kept = target x requests now / requests recommended
//
// The sums are of all containers of the pod, or of one, where the autoscaler names one (a metric of type
// ContainerResource).
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "collector/advice/advice.h"
#include "collector/recommend/rules.h"

namespace loadline::collector {

// One container of a pod and what is advised for it.
struct AdvisedPart {
  std::string_view container;
  Advice* advice = nullptr;  // not null; with its present request
};

// Names in each part's advice the points that it is part of and would move by more than a tenth, which is what an
// autoscaler takes for no change. None where a container has no request: there the autoscaler does not work.
void NameScalePoints(const std::vector<WorkloadRules::Horizontal>& autoscalers,
                     std::span<const AdvisedPart> pod);

}  // namespace loadline::collector
