#include "collector/detect/node_checks.h"
#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

void DetectNodeDegraded(const NodeSeen& seen, const RuleSettings& /*settings*/, Found& found) {
  FindChecks(seen, CheckRule::kDegraded, found);
}

}  // namespace

Rule NodeDegraded() {
  return {.name = "NodeDegraded",
          .meaning = "A check on the node says that something runs out there, or does not work for some.",
          .remedy = "See what the check found, and make room or mend it.",
          .severity = Severity::kSev2,
          // Not own: plugins name as many conditions as they like.
          .example = {{"node", "node-1"}, {"condition", "FilesystemFull"}},
          .inhibits = {{.target = R"(alertname="NodeProblem")", .equal = {"node", "condition"}}},
          .detect = DetectNodeDegraded};
}

}  // namespace loadline::collector::rules
