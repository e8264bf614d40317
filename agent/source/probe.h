// `loadline-agent probe`: which signal is read through which rung here, and why not a better one; and which checks on the
// node run, with what they find now, and what the others lack.
#pragma once

#include <string>

#include "agent/source/machine_source.h"

namespace loadline::agent {

// A table for people, or one JSON object: {"kernel", "cgroups", "signals": [{"signal", "rung", "why"}],
// "checks": [{"check", "runs", "why_not", "every_s", "looks_at", "found": [{"condition", "health", "message"}]}]}. Each
// check looks once, which takes some seconds where something hangs; plugins do not.
std::string DescribeRungs(MachineSource& source, bool json);

}  // namespace loadline::agent
