// The core thread's loop: gathers deliveries into commits.
//
// A commit has its price, so records are gathered for at most 50 ms and committed together; an event (an OOM
// kill, a stall) is committed at once with what is there, and so is what comes with a knock. Ends when stopped
// or when the queue is closed and empty.
#pragma once

#include <stop_token>

#include "collector/app/core.h"
#include "schemas/base/bounded_queue.h"

namespace loadline::collector {

inline constexpr Duration kGather = std::chrono::milliseconds(50);
inline constexpr Duration kTick = std::chrono::seconds(1);
// Between two looks at who may have died.
inline constexpr Duration kWatch = std::chrono::milliseconds(250);

void RunCoreLoop(Core& core, BoundedQueue<Delivery>& queue, Errands& errands, const Clock& clock,
                 const std::stop_token& stop);

}  // namespace loadline::collector
