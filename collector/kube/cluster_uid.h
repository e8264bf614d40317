// By what a cluster differs from every other, for as long as it exists.
#pragma once

#include <string>

#include "collector/kube_api/access.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::collector {

// The uid of its namespace kube-system. Fails with what the API server says against it, and with kUnavailable
// when it has not answered within `patience`; until then it is asked again.
Result<std::string> ClusterUid(const KubeAccess& access, const Clock& clock, Duration patience);

}  // namespace loadline::collector
