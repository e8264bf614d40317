// What the agent may do once its probes run: no more than reading them needs.
#pragma once

#include "agent/source/machine_source.h"

namespace loadline::agent {

// Loading a probe needs CAP_BPF and CAP_PERFMON; reading what it left in its maps needs neither since
// Linux 5.19, and CAP_BPF before. Which of both this kernel is, is found out by trying. What is not needed is
// given up for good; root run by hand keeps access to files, for its spool and its token may be in another
// user's folder. Said in the log. To be called before any thread begins.
void GiveUpCapabilities(MachineSource& source);

}  // namespace loadline::agent
