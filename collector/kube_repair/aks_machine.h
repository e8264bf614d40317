// Which machine of which AKS cluster a Node is: what its labels and its provider's id say, checked against the cluster that
// is acted on.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "collector/azure/arm_id.h"
#include "collector/repair/repairer.h"
#include "schemas/base/result.h"

namespace loadline::collector {

struct AksMachine {
  std::string name;      // AKS calls it as Kubernetes calls the node
  std::string pool;      // its agent pool
  bool system = false;   // a pool that holds the cluster's own pods
  std::string instance;  // the resource id of its instance of a scale set; empty: it is of none
};

// Fails (kInvalid) with what does not fit: a node of another provider or subscription, or without a pool.
Result<AksMachine> AksMachineOf(const nlohmann::json& node, const ArmId& cluster);

// A request to Azure Resource Manager.
struct AksRequest {
  std::string path;
  std::string body{};  // JSON, or nothing
};

// kReplace deletes the machine from its pool. kReboot and kReimage act on its instance of a scale set, one alone, and fail
// (kInvalid) where there is none, as any other step does.
Result<AksRequest> AksRequestOf(RepairStep step, const AksMachine& machine, const ArmId& cluster);

}  // namespace loadline::collector
