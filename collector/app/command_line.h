// The command line of loadline-collector.
#pragma once

namespace loadline::collector {

// Does what the arguments say and gives the exit status: 0 after a clean stop, 1 when something failed (one
// line on standard error says what), 2 for wrong arguments.
int RunCommandLine(int argc, char** argv);

}  // namespace loadline::collector
