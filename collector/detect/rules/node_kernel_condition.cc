#include <fmt/format.h>

#include "collector/detect/node_checks.h"
#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

void DetectNodeKernelCondition(const NodeSeen& seen, const RuleSettings& /*settings*/, Found& found) {
  for (const NodeFinding& finding : seen.node.findings.all()) {
    if (finding.condition.empty() || !IsOfKernelLog(finding)) continue;
    found.Add(
        {.labels = {{"node", seen.node.name}, {"condition", finding.condition}},
         .summary = fmt::format("Node {} has {}: {}", seen.node.name, finding.condition, finding.reason),
         .reason = fmt::format("Its kernel wrote: {}", finding.message)});
  }
}

}  // namespace

Rule NodeKernelCondition() {
  return {
      .name = "NodeKernelCondition",
      .meaning = "The kernel's log says that the node is broken until it boots again or is mended.",
      .remedy = "Read the line of the kernel; drain the node, and repair or replace it.",
      .severity = Severity::kSev1,
      // Not own: its kernel's log names as many as it likes.
      .example = {{"node", "node-1"}, {"condition", "ReadonlyFilesystem"}},
      // The same of node-problem-detector, by way of the API server, and of the agent's own check.
      .inhibits = {{.target = R"(alertname=~"NodeProblem|NodeCheckFailed")", .equal = {"node", "condition"}}},
      .detect = DetectNodeKernelCondition};
}

}  // namespace loadline::collector::rules
