// By the clocks that agents report with every heartbeat, less what these were under way.
#include <fmt/format.h>

#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

constexpr Threshold<Duration> kOff{"threshold", "How far a node's clock may be from the collector's.",
                                   std::chrono::seconds(10), std::chrono::seconds(1), kAnyTime};

void DetectNodeClockWrong(const NodeSeen& seen, const RuleSettings& settings, Found& found) {
  const std::optional<Duration> ahead = seen.verdict.signs.clock_ahead;
  if (!ahead || seen.verdict.signs.state == NodeState::kSilent) return;
  const Duration threshold = settings.Of(kOff);
  if (*ahead < threshold && *ahead > -threshold) return;
  const std::string off = FormatSeconds(Seconds(std::chrono::abs(*ahead)));
  const char* where = *ahead > Duration::zero() ? "ahead" : "behind";
  found.Add({.labels = {{"node", seen.node.name}},
             .summary = fmt::format("The clock of node {} is {} {}", seen.node.name, off, where),
             .reason = fmt::format("Its wall clock is {} {} of the collector's, threshold {}.", off, where,
                                   FormatSeconds(Seconds(threshold))),
             .keep = std::chrono::minutes(1)});
}

}  // namespace

Rule NodeClockWrong() {
  return {.name = "NodeClockWrong",
          .meaning = "The node's wall clock is far from the collector's.",
          .remedy = "Look at the node's time service; certificates and tokens are refused by a wrong clock.",
          .severity = Severity::kSev3,
          .hold = std::chrono::minutes(2),
          .own = true,
          .thresholds = {kOff},
          .example = {{"node", "node-1"}},
          .detect = DetectNodeClockWrong};
}

}  // namespace loadline::collector::rules
