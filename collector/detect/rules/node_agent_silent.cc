// The node answers for itself, or others reach it, and its agent is not heard. What runs there goes on unseen; nobody is to
// be woken for that, and an agent that its DaemonSet starts anew, or that waits for an image, is back before this holds.
#include <fmt/format.h>

#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

void DetectNodeAgentSilent(const NodeSeen& seen, const RuleSettings& settings, Found& found) {
  if (seen.verdict.state != NodeState::kSilent || !IsThere(seen.verdict.silence_of)) return;
  const bool cut_off = seen.verdict.silence_of == SilenceOf::kWay;
  found.Add(
      {.labels = {{"node", seen.node.name}},
       .summary = fmt::format("Node {} is not watched: {}", seen.node.name, seen.verdict.reason),
       .reason = fmt::format("Heartbeats come each second; none came for {}, threshold {}. {}.",
                             FormatSeconds(Seconds(seen.verdict.signs.silent_for)),
                             FormatSeconds(Seconds(settings.shared().node_silent_after)),
                             cut_off ? "Only the collector does not reach it" : "Its kubelet answers")});
}

}  // namespace

Rule NodeAgentSilent() {
  return {.name = "NodeAgentSilent",
          .meaning =
              "No heartbeats come from the node's agent, and its kubelet answers, or others reach it: "
              "the node is there.",
          .remedy =
              "Look at the agent's pod on the node (kubectl describe, logs --previous), or at the network "
              "between the collector and the node where only that is broken; what runs there is not sampled "
              "meanwhile.",
          .severity = Severity::kSev2,
          .hold = std::chrono::minutes(2),
          .own = true,
          .example = {{"node", "node-1"}},
          .detect = DetectNodeAgentSilent};
}

}  // namespace loadline::collector::rules
