// Heartbeats without a finished window: four windows are missing.
#include <fmt/format.h>

#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

void DetectNodeStale(const NodeSeen& seen, const RuleSettings& settings, Found& found) {
  if (seen.verdict.state != NodeState::kStale) return;
  found.Add({.labels = {{"node", seen.node.name}},
             .summary = fmt::format("Node {} reports nothing: {}", seen.node.name, seen.verdict.reason),
             .reason = fmt::format("Its agent is alive but closed no window for {}, threshold {}.",
                                   FormatSeconds(Seconds(seen.verdict.signs.window_age)),
                                   FormatSeconds(Seconds(settings.shared().node_stale_after)))});
}

}  // namespace

Rule NodeStale() {
  return {.name = "NodeStale",
          .meaning = "The agent is alive and closes no windows.",
          .remedy = "Restart the agent's pod and keep its log; the node itself is likely well.",
          .severity = Severity::kSev2,
          .own = true,
          .example = {{"node", "node-1"}},
          .detect = DetectNodeStale};
}

}  // namespace loadline::collector::rules
