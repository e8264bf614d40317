// Sizes one workload: all the containers of its pod, each over all its replicas.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "collector/advice/advice.h"
#include "collector/config/config.h"
#include "collector/model/model.h"
#include "collector/recommend/algorithm.h"
#include "collector/recommend/rules.h"

namespace loadline::collector {

class WorkloadSizing {
 public:
  // The algorithms must outlive it; `compared` may be null.
  WorkloadSizing(const Algorithm& algorithm, const Algorithm* compared, const RecommendConfig& config)
      : algorithm_(algorithm), compared_(compared), config_(config) {}

  struct Sized {
    ContainerId container = 0;
    std::shared_ptr<const Advice> advice;
  };
  // Whether it is sized at all: not one that no pod has any more, nor one that somebody looks into a pod with and that
  // can ask for nothing.
  static bool Sizes(const Model& model, const Container& container);
  [[nodiscard]] std::vector<Sized> Size(const Model& model, const Workload& workload,
                                        const WorkloadRules& rules, Wall now) const;

 private:
  const Algorithm& algorithm_;
  const Algorithm* const compared_;
  const RecommendConfig config_;
};

}  // namespace loadline::collector
