// Which nodes a list shows, and in which order.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collector/snapshot/snapshot.h"
#include "schemas/base/result.h"

namespace loadline::collector {

struct NodeChoice {
  // Every word must be part of name, state, pool, zone, instance type, kernel or agent version; any case.
  std::string search;
  // "name", "attention" (silent, then stale, then by memory pressure), "cpu" and "memory" (used, as a share
  // of what the node has), "pressure" (the highest of the three).
  std::string sort = "name";
  bool descending = false;
};

// All that match, in order; equal ones by name. They live as long as the snapshot. kInvalid for an unknown
// `sort`.
Result<std::vector<const NodeView*>> ChooseNodes(const Snapshot& snapshot, const NodeChoice& choice);

// Null when there is none of that name.
const NodeView* FindNode(const Snapshot& snapshot, std::string_view name);

}  // namespace loadline::collector
