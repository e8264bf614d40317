#include "collector/model/held_back.h"

namespace loadline::collector {
namespace {

constexpr double kHeldBack = 0.1;
// Who uses so much of a node waits for itself.
constexpr double kHasTheNode = 0.9;

}  // namespace

std::optional<HeldBackBy> WhoHoldsBack(const CpuWait& wait) {
  if (wait.throttled_share >= kHeldBack) return HeldBackBy::kLimit;
  const double waited = wait.queued ? *wait.queued : wait.pressure.value_or(0);
  if (waited < kHeldBack || wait.used_of_node >= kHasTheNode) return std::nullopt;
  return HeldBackBy::kNeighbours;
}

}  // namespace loadline::collector
