// Requests that do not fit what a container needs.
#pragma once

#include <string>
#include <vector>

#include "collector/advice/recommendation.h"
#include "collector/alert/condition.h"
#include "collector/detect/evidence.h"

namespace loadline::collector {

// What a container asks for of one resource, beside the advice of it.
struct Request {
  Resource resource{};
  std::int64_t request = 0;
  const Sizing* sizing = nullptr;  // of the container's advice
};

// Of a container that runs and has been known for `sizes_after`: the ends of a short history are far apart
// and move.
std::vector<Request> RequestsOf(const ContainerSeen& seen, Duration sizes_after);

// `threshold` in words: "2 times the upper end".
Condition Misfit(const ContainerSeen& seen, const Request& asked, const std::string& threshold);

}  // namespace loadline::collector
