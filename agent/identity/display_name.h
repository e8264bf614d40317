// What people call a cgroup, without Kubernetes being asked.
#pragma once

#include <string>

#include "schemas/wire/records.h"

namespace loadline::agent {

// "pod 1f0c2a3b container 0f3e9c11b2aa", "container 0f3e9c11b2aa", "nginx.service", "/batch/night",
// "(machine)". A sub-path follows: "nginx.service/worker".
std::string DisplayName(const wire::CgroupIdentity& who);

}  // namespace loadline::agent
