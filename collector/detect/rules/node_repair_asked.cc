#include <fmt/format.h>

#include "collector/alert/repair_label.h"
#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

void DetectNodeRepairAsked(const RepairView& repair, const RuleSettings& /*settings*/, Found& found) {
  if (repair.closed || repair.state != "asked") return;
  // Each step that asks is an alert of its own: what is decided about one says nothing of the next.
  found.Add({.labels = {{"node", repair.node}, {"step", repair.step}, {kRepairLabel, repair.id}},
             .summary = fmt::format("Approval needed: {} node {}", repair.step, repair.node),
             .reason = fmt::format(
                 "{}. Approve with `loadlinectl repair approve {}`, or refuse it and see to the node.",
                 repair.reason, repair.id),
             .urgent = true});
}

}  // namespace

Rule NodeRepairAsked() {
  return {
      .name = kRepairAsked,
      .meaning = "A step of a node's repair waits for a person's approval.",
      .remedy =
          "Approve or refuse it, on the node's page, with `loadlinectl repair` or under the message in "
          "Slack.",
      .severity = Severity::kSev2,
      .own = true,
      .example = {{"node", "node-1"}, {"step", "drain"}, {kRepairLabel, "node-1@1764600000000000000/1/1"}},
      .detect = DetectNodeRepairAsked};
}

}  // namespace loadline::collector::rules
