// A recommendation in the words of people.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "collector/recommend/prices.h"
#include "collector/recommend/workload.h"
#include "collector/snapshot/snapshot.h"

namespace loadline::collector {

// One container of a workload, in all its replicas, and what is advised for it.
struct AdvisedContainer {
  const Context& context;
  std::span<const Instance> instances;
  std::span<const OutlierView> places;  // of the first instances: where each runs
  const WorkloadRecommendation& answer;
  const Price* price = nullptr;  // null: no money
};

std::shared_ptr<RecommendationView> ViewOf(const Algorithm& algorithm, const AdvisedContainer& advised);

}  // namespace loadline::collector
