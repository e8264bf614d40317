// A pod as far as its use is measured through the API server: which containers run under which ids, what they
// ask for, and which of them ended for want of memory.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "collector/advice/recommendation.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

struct MeteredContainer {
  std::string name;
  std::string id;  // of its present run; empty: it has not begun yet
  Amounts request;
  Amounts limit;
  struct Kill {
    std::string id;  // of the run that ended
    Wall at{};
    bool operator==(const Kill&) const = default;
  };
  std::vector<Kill> kills;  // those the status still tells of: the last run and the one before
  bool operator==(const MeteredContainer&) const = default;
};

struct MeteredPod {
  std::string uid;
  std::vector<MeteredContainer> containers;  // init containers too
  bool operator==(const MeteredPod&) const = default;
};

// Nothing when it is no pod with a uid.
std::optional<MeteredPod> ParseMeteredPod(const nlohmann::json& object);

}  // namespace loadline::collector
