// One recommendation for the replicas of a workload, or several where they differ for a reason.
//
// Replicas that run on nodes of different classes (a DaemonSet's pods) are sized class by class, by
// algorithms that do so. Of the others, those that need far more than the rest are named, so that a person
// can look at them, instead of being averaged away or sizing all. Who alone says very much more than all
// others is not believed: see Weigh.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "collector/recommend/algorithm.h"

namespace loadline::collector {

struct Instance {
  std::string name;
  // Set for workloads that are to be sized by class of node: the instance type, or any label. Empty: not by
  // class.
  std::string node_class{};
  const ContainerUsage* usage = nullptr;  // not null
  bool gone = false;                      // what is left of others that no longer run: never an outlier
  bool of_every_class = false;            // it tells something about each class
  // By whose word this is known, see TellerOf; 0: not by one node's alone, and believed.
  std::uint32_t teller = 0;
};

struct WorkloadGroup {
  std::string node_class;
  std::vector<std::size_t> members;  // indices of the instances
  Recommendation recommendation;
};

struct Outlier {
  std::size_t instance = 0;
  Resource resource{};
  double times_the_median = 0;  // its own need over that of the middle replica; 0: not odd by that
  bool killed = false;          // it was killed at its memory limit, and no other was
  // What its node's word alone would have made of the target, over what all others' asks for; 0: it is
  // believed.
  double times_the_others = 0;
};

struct WorkloadRecommendation {
  std::vector<WorkloadGroup> groups;  // by node class, ascending
  std::vector<Outlier> outliers;
};

WorkloadRecommendation RecommendWorkload(const Algorithm& algorithm, std::span<const Instance> instances,
                                         const Context& context, Wall now);

}  // namespace loadline::collector
