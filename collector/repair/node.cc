#include "collector/repair/node.h"

namespace loadline::collector {

const char* Name(NodeTrouble trouble) {
  static constexpr std::array<const char*, kTroubles> kNames = {
      "none",           "agent dead",
      "kubelet dead",   "partitioned from the collector",
      "partitioned",    "kernel hung",
      "disk read-only", "memory livelock",
      "gone",           "maintenance scheduled",
      "rebooting",      "memory pressure",
      "disk pressure",  "unknown",
      "to be taken"};
  return kNames.at(static_cast<std::size_t>(trouble));
}

}  // namespace loadline::collector
