// Sizes every workload, a slice at a time, so that an alert never waits for the whole pass.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "collector/app/cluster_source.h"
#include "collector/app/workload_sizing.h"

namespace loadline::collector {

class SizingPass {
 public:
  // The algorithms and the cluster, which is asked for the rules of each workload, must outlive it; `compared`
  // may be null.
  SizingPass(const Algorithm& algorithm, const Algorithm* compared, const ClusterSource& cluster,
             const RecommendConfig& config)
      : sizing_(algorithm, compared, config), cluster_(cluster) {}

  // Goes on where the last slice ended, until `enough`, asked now and then, says so. True when all are done.
  bool Step(Model& model, Wall now, const std::function<bool()>& enough);
  // To be sized with the new ones: something happened to it that its recommendation should know at once.
  void SizeSoon(std::string workload_id) { soon_.insert(std::move(workload_id)); }
  // The workloads of containers that have no recommendation yet, though there is something to go by.
  void SizeNew(Model& model, Wall now, const std::function<bool()>& enough);

 private:
  void Size(Model& model, WorkloadId id, Wall now);
  void FindLargestNodes(const Model& model);

  const WorkloadSizing sizing_;
  std::vector<WorkloadId> todo_;
  std::set<std::string> soon_;
  const ClusterSource& cluster_;
  NodeRooms largest_nodes_;  // no request beyond them can be met
};

}  // namespace loadline::collector
