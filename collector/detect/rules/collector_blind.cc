// No node is known, or none of so few is heard that CollectorIsolated does not say it.
#include <fmt/format.h>

#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

void DetectCollectorBlind(const ClusterSeen& seen, const RuleSettings& /*settings*/, Found& found) {
  const Judge& judge = seen.judge();
  if (judge.isolated() || judge.unheard() != judge.nodes()) return;
  found.Add({.summary = "No agent reports to the collector",
             .reason = judge.nodes() == 0
                           ? std::string("No agent has ever connected.")
                           : fmt::format("Of {} known nodes none sends heartbeats.", judge.nodes()),
             .keep = std::chrono::seconds(5)});
}

}  // namespace

Rule CollectorBlind() {
  return {
      .name = "CollectorBlind",
      .meaning = "No agent reports to the collector at all.",
      .remedy =
          "See whether the agents run, and what their logs say of the collector's address, key and token.",
      .severity = Severity::kSev1,
      .hold = std::chrono::minutes(10),
      .own = true,
      .detect = DetectCollectorBlind};
}

}  // namespace loadline::collector::rules
