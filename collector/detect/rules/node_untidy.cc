#include "collector/detect/node_checks.h"
#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

void DetectNodeUntidy(const NodeSeen& seen, const RuleSettings& /*settings*/, Found& found) {
  FindChecks(seen, CheckRule::kUntidy, found);
}

}  // namespace

Rule NodeUntidy() {
  return {.name = "NodeUntidy",
          .meaning = "A check on the node has found what should be mended by day.",
          .remedy = "See what the check found.",
          .severity = Severity::kSev3,
          // Not own: plugins name as many conditions as they like.
          .example = {{"node", "node-1"}, {"condition", "ZombieProcesses"}},
          .detect = DetectNodeUntidy};
}

}  // namespace loadline::collector::rules
