// The agent's process: what main() calls, and what tests can.
#pragma once

#include "agent/app/options.h"

namespace loadline::agent {

// Runs the command until it ends by itself or the process is asked to stop. Returns the exit status; what
// went wrong has been said on standard error, in one line.
int RunProcess(const Options& options);

}  // namespace loadline::agent
