// SIGINT and SIGTERM as something a loop can wait for.
#pragma once

#include "schemas/base/fd.h"
#include "schemas/base/result.h"

namespace loadline::agent {

// Becomes readable when the process is asked to end. To be called before threads are started, which inherit
// that the signals are blocked.
Result<Fd> BlockStopSignals();

}  // namespace loadline::agent
