// The id of a new silence.
#pragma once

#include <string>

namespace loadline::collector {

// A random UUID: what clients of Alertmanager take for one.
std::string NewSilenceId();

}  // namespace loadline::collector
