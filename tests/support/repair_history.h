// Random histories of a cluster whose nodes fail, and are said to fail that do not, for whoever repairs them: the weather
// of a seed is the same whatever is done.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "collector/repair/repairer.h"

namespace loadline::test {

struct HistoryEnd {
  std::uint32_t broken = 0;  // bits of Broken
  int taken = 0;             // repairs begun that took capacity
  // Of these, of nodes that were well in truth: a condition was set on them wrongly.
  int taken_wrongly = 0;
  std::string first;  // what was done when something was broken first, in words
};

// What Repairer does in it: killed and started again, its orders succeeding, failing, or never heard of. It is checked
// against the bounds of the history, and lives by those that `loosen` makes of them.
HistoryEnd RepairHistory(std::uint64_t seed,
                         const std::function<void(collector::RepairOptions&)>& loosen = {});
// What Karpenter's node repair does in it: a node whose trouble has lasted is replaced when at most a fifth of its pool,
// rounded up, is in trouble, and there is no other bound.
HistoryEnd LevelOnlyHistory(std::uint64_t seed);

}  // namespace loadline::test
