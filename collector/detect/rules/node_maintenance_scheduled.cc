// Azure will reboot, redeploy, preempt or terminate the node's machine.
#include "collector/detect/scheduled.h"

namespace loadline::collector::rules {
namespace {

void DetectNodeMaintenanceScheduled(const NodeSeen& seen, const RuleSettings& /*settings*/, Found& found) {
  FindScheduled(
      seen, [](wire::ScheduledEvent::Kind kind) { return kind != wire::ScheduledEvent::Kind::kFreeze; },
      found);
}

}  // namespace

Rule NodeMaintenanceScheduled() {
  return {.name = "NodeMaintenanceScheduled",
          .meaning = "Azure has announced to reboot, redeploy, preempt or terminate the node's machine.",
          .remedy =
              "Drain the node before its time, unless AKS does; look that nothing is kept on its local disks "
              "alone.",
          .severity = Severity::kSev2,
          .example = {{"node", "node-1"}, {"condition", "VMEventScheduled"}, {"event", "Redeploy"}},
          // The same of node-problem-detector, by way of the API server.
          .inhibits = {{.target = R"(alertname="NodeProblem")", .equal = {"node", "condition"}}},
          .detect = DetectNodeMaintenanceScheduled};
}

}  // namespace loadline::collector::rules
