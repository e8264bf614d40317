#pragma once

#include <unistd.h>

#include <string>

namespace loadline::testing {

// "loadline-test-123/hungry": cgroups of a test are below a name of the process's own.
inline std::string OwnName(const std::string& name) {
  return "loadline-test-" + std::to_string(getpid()) + "/" + name;
}

}  // namespace loadline::testing
