#include "collector/verdict/judge.h"

#include <algorithm>
#include <utility>

namespace loadline::collector {

double Judge::Confidence(const NodeLiveness& signs) const {
  const double share = Seconds(signs.silent_for) / Seconds(signs_.silent_after);
  return signs.state == NodeState::kSilent ? std::min(1.0, share / 2) : std::clamp(1 - share / 2, 0.5, 1.0);
}

std::vector<std::string> Judge::Look(const Model& model, const Liveness& liveness, Mono now, Wall wall) {
  std::erase_if(verdicts_, [&](const auto& verdict) { return !model.Knows(verdict.first); });
  unheard_ = 0;
  model.nodes().ForEach([&](NodeId, const Node& node) {
    NodeVerdict& verdict = verdicts_.try_emplace(node.name, NodeVerdict{.since = wall}).first->second;
    verdict.signs = liveness.Of(node.name, now);
    if (verdict.signs.state == NodeState::kSilent) ++unheard_;
  });
  in_doubt_ = verdicts_.size() >= options_.fewest_for_doubt && unheard_ * 2 > verdicts_.size();
  std::vector<std::string> changed;
  for (auto& [node, verdict] : verdicts_) {
    const NodeLiveness& signs = verdict.signs;
    if (in_doubt_ && signs.state == NodeState::kSilent) {
      verdict.confidence = 0;
      verdict.reason = signs.reason;
      if (verdict.state != NodeState::kSilent)
        verdict.reason += "; most nodes are not heard: it is not judged";
      continue;
    }
    verdict.confidence = Confidence(signs);
    verdict.reason = signs.reason;
    if (std::exchange(verdict.state, signs.state) == signs.state) continue;
    verdict.since = wall;
    changed.push_back(node);
  }
  return changed;
}

const NodeVerdict& Judge::Of(std::string_view node) const {
  static const NodeVerdict kWell;
  const auto found = verdicts_.find(node);
  return found != verdicts_.end() ? found->second : kWell;
}

}  // namespace loadline::collector
