// A model and two nodes that speak to it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "collector/model/view.h"
#include "tests/collector/model/feed.h"

namespace loadline::collector {

inline std::vector<std::string> WorkloadIds(const Model& model) {
  std::vector<std::string> ids;
  for (const auto& workload : WorkloadViews(model)) ids.push_back(workload->id);
  return ids;
}

// Of the only workload the only container; valid until the next call.
inline const ContainerView& Only(const Model& model) {
  static std::shared_ptr<const WorkloadView> kept;
  kept = WorkloadViews(model).at(0);
  return kept->containers.at(0);
}

class ModelTest : public ::testing::Test {
 protected:
  CgroupNames names_;
  Model model_{{}, names_};
  AgentFeed node_1_{model_, "node-1"};
  AgentFeed node_2_{model_, "node-2"};
};

}  // namespace loadline::collector
