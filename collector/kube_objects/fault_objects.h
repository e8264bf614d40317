// What is wrong with nodes and pods, as their status has it. Of what is well nothing is kept.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <vector>

#include "collector/model/cluster_faults.h"

namespace loadline::collector {

struct FaultyNode {
  std::vector<NodeFault> faults;
  bool operator==(const FaultyNode&) const = default;
};

// Ready, and what else is called so (StorageReady), that is not True; pressures and everything else that is
// True: the custom conditions of node-problem-detector are true when something is wrong. Nothing when the
// node is well. One that is about to be removed need not be ready.
std::optional<FaultyNode> ParseFaultyNode(const nlohmann::json& object);

// Nothing when the scheduler does not say that the pod is unschedulable.
std::optional<PendingPod> ParsePendingPod(const nlohmann::json& object);

}  // namespace loadline::collector
