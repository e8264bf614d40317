#include "collector/model/cgroups_above.h"

#include <utility>

namespace loadline::collector {

void CgroupsAbove::Add(std::uint32_t ref, Group group) {
  if (group.path.size() > kLongestPath) return;
  End(ref);
  if (groups_.size() >= kMost) return;
  const Group& added = groups_.emplace(ref, std::move(group)).first->second;
  // A path that died and is born again has another number.
  by_path_.erase(added.path);
  by_path_.emplace(added.path, ref);
}

void CgroupsAbove::End(std::uint32_t ref) {
  const auto group = groups_.find(ref);
  if (group == groups_.end()) return;
  const auto path = by_path_.find(group->second.path);
  if (path != by_path_.end() && path->second == ref) by_path_.erase(path);
  groups_.erase(group);
}

void CgroupsAbove::Clear() {
  by_path_.clear();
  groups_.clear();
}

void CgroupsAbove::Take(const wire::ContainerWindow& window, Wall end) {
  const auto found = groups_.find(window.ref);
  if (found == groups_.end()) return;
  Group& group = found->second;
  group.end = end;
  group.cpu_us = window.cpu ? window.cpu->usage_us : 0;
  group.throttle = window.throttle.value_or(wire::ThrottleWindow{});
  if (window.limits) group.limits = *window.limits;
}

}  // namespace loadline::collector
