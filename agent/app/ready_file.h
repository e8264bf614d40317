// A file that tells others on this machine, a kubelet's probe above all, that the collector takes what we
// send.
#pragma once

#include <string>

#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::agent {

// Touches the file, or removes it. An empty path is no file.
Result<void> SetReady(const std::string& path, bool ready);

// Whether the file was touched within `lately`. The reason why not is for people.
Result<void> CheckReady(const std::string& path, Duration lately);

}  // namespace loadline::agent
