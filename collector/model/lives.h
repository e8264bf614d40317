// Several lives of one replica in one window: a unit that is started again and again has a new cgroup each time, under
// the same path and another number. All that these did in the window is what the replica did.
#pragma once

#include "schemas/wire/records.h"

namespace loadline::collector {

// Adds what an earlier life did to the window of the later one. What holds now (memory, limits) is the later one's, where it
// says.
void AddEarlierLife(const wire::ContainerWindow& earlier, wire::ContainerWindow& window);

}  // namespace loadline::collector
