// `loadline-agent probe`: which signal is read through which rung here, and why not a better one.
#pragma once

#include <string>

#include "agent/source/machine_source.h"

namespace loadline::agent {

// A table for people, or one JSON object: {"kernel", "cgroups", "signals": [{"signal", "rung", "why"}]}.
std::string DescribeRungs(const MachineSource& source, bool json);

}  // namespace loadline::agent
