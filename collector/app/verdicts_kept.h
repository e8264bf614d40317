// What was held of nodes that are not well, as the store has it, so that a collector that begins goes on holding it until it
// has heard of the node itself, or has missed it for long enough: a restart ends no alert. A blob for each node in space
// `verdict`, JSON by name:
//
//   {"state":"silent","since_ns":1764650000000000000,"silence_of":3,"reason":"no heartbeat for 12 s"}
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "collector/verdict/judge.h"

namespace loadline::collector {

// Empty of a node that is reporting: nothing is kept.
std::string VerdictBytes(const NodeVerdict& verdict);
// As it is at `now`. Nothing of bytes that are none.
std::optional<NodeVerdict> ReadVerdict(std::string_view bytes, Wall now);

}  // namespace loadline::collector
