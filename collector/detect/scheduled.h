// What the platform has announced for a node's machine, as rules tell it.
#pragma once

#include <functional>

#include "collector/detect/rule.h"
#include "schemas/wire/scheduled_event.h"

namespace loadline::collector {

// A condition for each kind of event that `tells` is true of.
void FindScheduled(const NodeSeen& seen, const std::function<bool(wire::ScheduledEvent::Kind)>& tells,
                   Found& found);

}  // namespace loadline::collector
