// loadlinectl repair approve|refuse: a decision about a step of a node's repair.
#pragma once

#include <string>

#include "collector/cli/api_client.h"

namespace loadline::collector {

struct RepairDecision {
  std::string id;  // of the step, or the name of a node of which one step asks
  bool approve = false;
};

// What was decided, as a line; fails when nothing asks by that name.
Result<std::string> Decide(ApiClient& api, const RepairDecision& decision, const std::string& user);

}  // namespace loadline::collector
