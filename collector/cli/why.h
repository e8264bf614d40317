// `loadlinectl why`: the chain of reasons behind a workload, an alert or a node, in plain sentences.
#pragma once

#include <string>

#include "collector/cli/api_client.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

// `subject` is a workload's id or words that only one workload has, a node's name, or an alert's fingerprint
// or rule. kNotFound when nothing is called so; kInvalid when several are, and the message names them.
Result<std::string> Why(ApiClient& api, const std::string& subject, Wall now);

}  // namespace loadline::collector
