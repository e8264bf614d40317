// What a node's agent says that its platform has announced for it (wire/scheduled_event.h), as whoever judges and repairs the
// node needs it. Pure.
#pragma once

#include <optional>
#include <vector>

#include "collector/repair/maintenance.h"
#include "collector/snapshot/snapshot.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

// Of several what takes the most; nothing when none is announced, or all should be over: an agent that is not heard any more
// cannot say so, and what was announced explains no silence for ever. It counts from the announcement on, since it may be
// approved early, until its time has come and as long again as it may take.
std::optional<Maintenance> AnnouncedOf(const std::vector<NodeFinding>& findings, Wall now);

}  // namespace loadline::collector
