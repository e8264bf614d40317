// Whether memory grows without end: a leak.
#pragma once

#include <vector>

namespace loadline::collector {

struct Growth {
  bool leak = false;
  double per_day = 0;  // bytes
  double level = 0;    // now
};

// Judges peaks of equal blocks, oldest first, 0 where nothing was seen. A leak is at least two days of
// steady, straight growth that adds up to a sixth of the level or more and does not slow down; a warm cache
// or a heap that fills slows down. Only what came after the last fall by a third is judged; when that is
// still too short, what came before it.
Growth JudgeGrowth(const std::vector<float>& blocks, int blocks_per_day);

}  // namespace loadline::collector
