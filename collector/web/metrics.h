// The snapshot in Prometheus' text format (version 0.0.4): the containers' families, the nodes', and the
// collector's own.
//
// Written family by family as it goes, so that a hundred thousand containers need a buffer of some kilobytes
// and not a document of hundreds of megabytes. Label values are escaped, and bytes that are not UTF-8
// replaced.
#pragma once

#include "collector/snapshot/snapshot.h"
#include "collector/web/answer.h"

namespace loadline::collector {

// Stops early when `write` says that nobody listens.
void WriteMetrics(const Snapshot& snapshot, const Writer& write);

}  // namespace loadline::collector
