#include "collector/model/findings.h"

#include <algorithm>
#include <utility>

namespace loadline::collector {

bool Findings::Take(const wire::HealthEvent& event, Wall at) {
  if (event.ended) {
    // One condition may have several reasons: it ends with all of them that the same has found. Who looks elsewhere may
    // see nothing of what another one saw.
    return std::erase_if(all_, [&](const NodeFinding& known) {
             return !known.condition.empty() && known.condition == event.condition &&
                    known.source == event.source;
           }) > 0;
  }
  const auto found = std::ranges::find_if(all_, [&](const NodeFinding& known) {
    return known.condition == event.condition && known.reason == event.reason && known.source == event.source;
  });
  if (found != all_.end()) {
    if (at < found->last + kSame) return false;
    const bool is_news = at - found->last > kOneStory;
    found->times += event.times;
    found->last = at;
    found->message = event.message;
    return is_news;
  }
  MakeRoom();
  all_.push_back({.source = event.source,
                  .condition = event.condition,
                  .reason = event.reason,
                  .message = event.message,
                  .first = at,
                  .last = at,
                  .times = event.times});
  return true;
}

void Findings::Booted() {
  std::erase_if(all_, [](const NodeFinding& known) { return !known.condition.empty(); });
}

void Findings::Forget(Wall now) {
  std::erase_if(all_, [&](const NodeFinding& known) {
    return known.condition.empty() && now - known.last > kRemembered;
  });
}

void Findings::Restore(NodeFinding finding) {
  if (all_.size() < kMost) all_.push_back(std::move(finding));
}

void Findings::MakeRoom() {
  if (all_.size() < kMost) return;
  const auto oldest = std::ranges::min_element(
      all_, {}, [](const NodeFinding& known) { return std::pair(!known.condition.empty(), known.last); });
  all_.erase(oldest);
}

}  // namespace loadline::collector
