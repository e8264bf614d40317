#include "collector/detect/detect_words.h"
#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

void DetectNodePressure(const NodeFault& fault, const RuleSettings& /*settings*/, Found& found) {
  if (fault.type.ends_with("Pressure")) found.Add(NodeFaultCondition(fault));
}

}  // namespace

Rule NodePressure() {
  return {.name = "NodePressure",
          .meaning = "The node's kubelet reports pressure of memory, disk or process ids.",
          .remedy = "Make room on the node: it takes no more pods, and evicts some.",
          .severity = Severity::kSev2,
          .hold = std::chrono::minutes(1),
          .example = {{"node", "node-1"}, {"condition", "DiskPressure"}},
          .detect = DetectNodePressure};
}

}  // namespace loadline::collector::rules
