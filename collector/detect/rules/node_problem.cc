// Any other condition that is true, as node-problem-detector sets them.
#include "collector/detect/detect_words.h"
#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

void DetectNodeProblem(const NodeFault& fault, const RuleSettings& /*settings*/, Found& found) {
  if (fault.type != "Ready" && !fault.type.ends_with("Pressure")) found.Add(NodeFaultCondition(fault));
}

}  // namespace

Rule NodeProblem() {
  return {.name = "NodeProblem",
          .meaning = "The node has a condition that it should not have, such as KernelDeadlock.",
          .remedy = "See what the condition says; drain the node when it is broken.",
          .severity = Severity::kSev2,
          .hold = std::chrono::minutes(1),
          .watch = "nodes",
          .example = {{"node", "node-1"}, {"condition", "KernelDeadlock"}},
          .detect = DetectNodeProblem};
}

}  // namespace loadline::collector::rules
