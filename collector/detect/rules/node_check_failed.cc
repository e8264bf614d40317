#include "collector/detect/node_checks.h"
#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

void DetectNodeCheckFailed(const NodeSeen& seen, const RuleSettings& /*settings*/, Found& found) {
  FindChecks(seen, CheckRule::kFailed, found);
}

}  // namespace

Rule NodeCheckFailed() {
  return {.name = "NodeCheckFailed",
          .meaning = "A check on the node says that pods cannot run there as they should.",
          .remedy = "See what the check found; drain the node when it is not mended soon.",
          .severity = Severity::kSev1,
          // Not own: plugins name as many conditions as they like.
          .example = {{"node", "node-1"}, {"condition", "KubeletProblem"}},
          // The same of node-problem-detector, by way of the API server.
          .inhibits = {{.target = R"(alertname="NodeProblem")", .equal = {"node", "condition"}}},
          .detect = DetectNodeCheckFailed};
}

}  // namespace loadline::collector::rules
