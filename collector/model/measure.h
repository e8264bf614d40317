// From what one window says of a replica to what it and its container have used.
#pragma once

#include "collector/model/registry.h"

namespace loadline::collector {

// Enters the window of a node that ended at `end`. One that says nothing is that of a replica that was idle.
void Measure(Registry& registry, ReplicaId replica, const wire::ContainerWindow& window, Wall end,
             Duration length);

// The replica was not heard of, or not believed: since `end` nothing is known of it, not even that it was idle.
void Unmeasured(Registry& registry, Replica& replica, Wall end);

}  // namespace loadline::collector
