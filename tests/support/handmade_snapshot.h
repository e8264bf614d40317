// A cluster that exists only as a snapshot: everything that the page, the API, the metrics and the CLI can
// show, in plausible figures that move with time. For tests of what is shown, without an agent or a kernel.
#pragma once

#include <memory>

#include "collector/snapshot/snapshot.h"

namespace loadline::collector {

struct HandmadeCluster {
  std::size_t workloads = 24;  // at least the nine that have a story; the others are ordinary
  std::size_t nodes = 4;
  Wall now{};
};

// The same arguments give the same snapshot.
std::shared_ptr<const Snapshot> HandmadeSnapshot(const HandmadeCluster& cluster);

}  // namespace loadline::collector
