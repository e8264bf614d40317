// Sizes every container, a slice at a time, so that an alert never waits for the whole pass.
#pragma once

#include <functional>

#include "collector/config/config.h"
#include "collector/model/model.h"
#include "collector/recommend/algorithm.h"
#include "collector/recommend/rules.h"

namespace loadline::collector {

class SizingPass {
 public:
  // The algorithms must outlive it; `compared` may be null.
  SizingPass(const Algorithm& algorithm, const Algorithm* compared, const RecommendConfig& config)
      : algorithm_(algorithm), compared_(compared), config_(config) {}

  // What the cluster says about a workload, asked for each time it is sized.
  using Rules = std::function<WorkloadRules(const Workload&)>;
  void Follow(Rules rules) { rules_ = std::move(rules); }

  // Goes on where the last slice ended, until `enough`, asked now and then, says so. True when all are done.
  bool Step(Model& model, Wall now, const std::function<bool()>& enough);
  // The containers that have no recommendation yet, though there is something to go by.
  void SizeNew(Model& model, Wall now, const std::function<bool()>& enough);

 private:
  [[nodiscard]] std::shared_ptr<const RecommendationView> Size(const Model& model, const Container& container,
                                                               Wall now) const;
  void FindLargestNode(const Model& model);

  const Algorithm& algorithm_;
  const Algorithm* const compared_;
  const RecommendConfig config_;
  std::vector<ContainerId> todo_;
  Rules rules_;           // null: there is no cluster
  Amounts largest_node_;  // no request beyond it can be met
};

}  // namespace loadline::collector
