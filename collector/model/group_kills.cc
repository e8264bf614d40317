#include "collector/model/group_kills.h"

#include <algorithm>
#include <functional>

namespace loadline::collector {

bool GroupKills::IsFirst(const wire::OomKill& victim, std::string_view container_path, Wall at) {
  const std::size_t container = std::hash<std::string_view>()(container_path);
  const auto same = std::ranges::find_if(decisions_, [&](const Decision& known) {
    if (known.container != container || known.number != victim.decision) return false;
    return known.number != 0 || std::chrono::abs(at - known.last) <= kTogether;
  });
  if (same != decisions_.end()) {
    same->last = std::max(same->last, at);
    return false;
  }
  if (decisions_.size() == kRemembered) decisions_.pop_front();
  decisions_.push_back({.container = container, .number = victim.decision, .last = at});
  return true;
}

}  // namespace loadline::collector
