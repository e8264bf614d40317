// `loadlinectl recommend`: a workload's recommendation as something that can be applied.
#pragma once

#include <string>

#include "collector/cli/api_client.h"

namespace loadline::collector {

// One kubectl command that sets the requests of the workload's own containers. Limits are left as they are unless the
// API server would refuse them: where a request would exceed its limit, and in a Guaranteed pod, which stays one.
// `answer` is the API's of one workload. kInvalid when its template cannot be changed by such a command, or nothing is
// recommended yet.
Result<std::string> KubectlPatch(const Json& answer);

// A VerticalPodAutoscaler in mode Off that leaves the recommending to Loadline. `answer` as above.
Result<std::string> VpaManifest(const Json& answer);

}  // namespace loadline::collector
