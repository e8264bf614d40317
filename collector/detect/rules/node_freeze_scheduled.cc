// Azure will pause the node's machine for some seconds: nothing is lost, and whoever counts on an answer within seconds notices.
#include "collector/detect/scheduled.h"

namespace loadline::collector::rules {
namespace {

void DetectNodeFreezeScheduled(const NodeSeen& seen, const RuleSettings& /*settings*/, Found& found) {
  FindScheduled(
      seen, [](wire::ScheduledEvent::Kind kind) { return kind == wire::ScheduledEvent::Kind::kFreeze; },
      found);
}

}  // namespace

Rule NodeFreezeScheduled() {
  return {
      .name = "NodeFreezeScheduled",
      .meaning = "Azure has announced to pause the node's machine for some seconds.",
      .remedy =
          "Nothing, unless what runs there cannot stand still for so long: then drain it before its time.",
      .severity = Severity::kSev3,
      .example = {{"node", "node-1"}, {"condition", "VMEventScheduled"}, {"event", "Freeze"}},
      .inhibits = {{.target = R"(alertname="NodeProblem")", .equal = {"node", "condition"}}},
      .detect = DetectNodeFreezeScheduled};
}

}  // namespace loadline::collector::rules
