// An Event of ours about an object, as `kubectl describe` shows it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "schemas/base/clock.h"

namespace loadline::collector {

struct EventOfOurs {
  std::string api_version;     // of the object: "apps/v1", "v1"
  std::string kind;            // "Deployment", "Node"
  std::string namespace_name;  // empty: the object has none, and the Event is in `default`
  std::string name;
  std::string uid;
  std::string reason;  // "ResizeReverted"
  std::string message;
  bool warning = false;
};

// Where it is posted to, and what.
std::string EventPath(const EventOfOurs& event);
nlohmann::json EventBody(const EventOfOurs& event, Wall now);

}  // namespace loadline::collector
