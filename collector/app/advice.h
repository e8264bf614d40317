// What an algorithm answered for a container, as the value that everything else decides from.
#pragma once

#include <memory>
#include <span>

#include "collector/advice/advice.h"
#include "collector/recommend/prices.h"
#include "collector/recommend/workload.h"

namespace loadline::collector {

// One container of a workload, in all its replicas, and what is advised for it.
struct AdvisedContainer {
  const Context& context;
  std::span<const Instance> instances;
  std::span<const OddReplica> places;  // of the first instances: where each runs
  const WorkloadRecommendation& answer;
  const Price* price = nullptr;  // null: no money
};

std::shared_ptr<Advice> AdviceOf(const Algorithm& algorithm, const AdvisedContainer& advised);

}  // namespace loadline::collector
