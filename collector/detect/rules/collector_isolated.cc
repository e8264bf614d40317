// Stands for all nodes that are silent at once.
#include <fmt/format.h>

#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

void DetectCollectorIsolated(const ClusterSeen& seen, const RuleSettings& /*settings*/, Found& found) {
  const Judge& judge = seen.judge();
  if (!judge.isolated()) return;
  found.Add(
      {.summary = fmt::format("{} of {} nodes are silent at once", judge.unheard(), judge.nodes()),
       .reason = fmt::format(
           "More than half of {} nodes send no heartbeats: rather the collector or its network is at fault "
           "than all of them. No node is called silent meanwhile.",
           judge.nodes()),
       .urgent = true});
}

}  // namespace

Rule CollectorIsolated() {
  return {.name = "CollectorIsolated",
          .meaning = "Most nodes fell silent at once: the collector or its network is at fault.",
          .remedy = "Look at the collector's node and at network policies.",
          .severity = Severity::kSev0,
          .own = true,
          // It sees nothing of them.
          .inhibits = {{.target = kRulesOfNodes}},
          .detect = DetectCollectorIsolated};
}

}  // namespace loadline::collector::rules
