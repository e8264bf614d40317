// Heartbeats come each second, so that a dozen are missing; or two, and nothing answers at the kubelet's port
// (verdict/witness.h). Where the kubelet answers, or answers others, the node is there: NodeAgentSilent. Not counted is time
// in which the collector itself stood still (liveness.h). When most nodes fall silent at once nobody is called so
// (judge.h): CollectorIsolated stands for all of them.
#include <fmt/format.h>

#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

std::string Threshold(SilenceOf silence_of, Duration after) {
  if (silence_of == SilenceOf::kNode || silence_of == SilenceOf::kKubelet)
    return ", and connections to its kubelet's port failed one after the other";
  return fmt::format(", threshold {}", FormatSeconds(Seconds(after)));
}

void DetectNodeSilent(const NodeSeen& seen, const RuleSettings& settings, Found& found) {
  if (seen.verdict.state != NodeState::kSilent || IsThere(seen.verdict.silence_of)) return;
  found.Add({.labels = {{"node", seen.node.name}},
             .summary = fmt::format("Node {} is silent: {}", seen.node.name, seen.verdict.reason),
             .reason = fmt::format(
                 "Heartbeats come each second; none came for {}{}. The collector itself was well all "
                 "that time.",
                 FormatSeconds(Seconds(seen.verdict.signs.silent_for)),
                 Threshold(seen.verdict.silence_of, settings.shared().node_silent_after)),
             .urgent = true});
}

}  // namespace

Rule NodeSilent() {
  return {
      .name = "NodeSilent",
      .meaning =
          "The node is not heard: no heartbeats come, and its kubelet does not answer, or nobody asks it.",
      .remedy =
          "Look at the node (kubectl get node, the machine's console); drain it when it does not come back.",
      .severity = Severity::kSev1,
      .own = true,
      .example = {{"node", "node-1"}},
      // What runs there shares its fate; whether the node does that the agent's silence alone does not say.
      .inhibits = {{.target = kAllOfANodeButItsRules, .equal = {"node"}, .witness = "NodeNotReady"}},
      .detect = DetectNodeSilent};
}

}  // namespace loadline::collector::rules
