#include "collector/kube/largest_nodes.h"

#include <algorithm>
#include <utility>

namespace loadline::collector {
namespace {

constexpr std::size_t kMostKinds = 256;  // as many are gone through to find one

}  // namespace

NodeRooms LargestNodes::For(const std::shared_ptr<const Surroundings>& around, const Siting& siting) {
  if (around != around_ || siting.daemon_sets != daemon_sets_ || known_.size() >= kMostKinds) {
    known_.clear();
    around_ = around;
    daemon_sets_ = siting.daemon_sets;
  }
  Kind kind{.pools = around->PoolsOf(siting.runs_on)};
  if (siting.site) {
    kind.placement = siting.site->placement;
    if (siting.is_daemon_set) kind.own = siting.site->request;
  }
  const auto found = std::ranges::find(known_, kind, &Known::kind);
  if (found != known_.end()) return found->largest;
  known_.push_back({std::move(kind), around->LargestFor(siting)});
  return known_.back().largest;
}

}  // namespace loadline::collector
