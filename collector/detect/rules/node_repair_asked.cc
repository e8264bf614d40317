#include <fmt/format.h>

#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

void Detect(const RepairView& repair, const RuleSettings& /*settings*/, Found& found) {
  if (repair.closed || repair.state != "asked") return;
  found.Add({.labels = {{"node", repair.node}, {"step", repair.step}},
             .summary = fmt::format("Approval needed: {} node {}", repair.step, repair.node),
             .reason = fmt::format(
                 "{}. Approve with `loadlinectl repair approve {}`, or refuse it and see to the node.",
                 repair.reason, repair.id),
             .urgent = true});
}

}  // namespace

Rule NodeRepairAsked() {
  return {.name = "NodeRepairAsked",
          .meaning = "A step of a node's repair waits for a person's approval.",
          .remedy = "Approve or refuse it, on the node's page or with `loadlinectl repair`.",
          .severity = Severity::kSev2,
          .own = true,
          .example = {{"node", "node-1"}, {"step", "drain"}},
          .detect = Detect};
}

}  // namespace loadline::collector::rules
