// `loadlinectl recommend`: a workload's recommendation as something that can be applied.
#pragma once

#include <string>

#include "collector/cli/api_client.h"

namespace loadline::collector {

// One kubectl command that sets the requests of every container of the workload, limits left as they are.
// `workload` is the API's. kInvalid when it is none of Kubernetes', or nothing is recommended yet.
Result<std::string> KubectlPatch(const Json& workload);

// A VerticalPodAutoscaler in mode Off that leaves the recommending to Loadline.
Result<std::string> VpaManifest(const Json& workload);

}  // namespace loadline::collector
