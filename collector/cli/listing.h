// The tables of `loadlinectl get`: one of the API's lists, one row an item.
#pragma once

#include <string>

#include "collector/cli/api_client.h"
#include "collector/cli/table.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

// What is listed: a name of the API.
struct Listing {
  std::string resource;  // "nodes", "workloads", "recommendations", "alerts", "repairs", "stories"
  bool wide = false;
};

// `items` as the API gives them. A field that is missing or of another type throws nlohmann's exception,
// which ends in RunLoadlinectl.
Table TableOf(const Listing& listing, const Json& items, Wall now);

}  // namespace loadline::collector
