// How an agent says that a container is about to be full, before anything stalls: as a MemoryStall of no length. Its usage is
// then what the container holds and cannot give back, and at its growth of late that is all of the limit within kFullWithin.
// Said once a growth. Collectors that do not know of it show it as a stall.
#pragma once

#include "schemas/base/clock.h"
#include "schemas/wire/records.h"

namespace loadline::wire {

inline constexpr Duration kFullWithin = std::chrono::seconds(6);

// A real one has at least a microsecond.
inline bool IsGrowth(const MemoryStall& stall) {
  return stall.stall_us == 0;
}

}  // namespace loadline::wire
