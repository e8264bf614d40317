#include <fmt/format.h>

#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

void DetectNodeNotRepaired(const RepairView& repair, const RuleSettings& /*settings*/, Found& found) {
  const bool real = repair.mode == "ask" || repair.mode == "auto";
  if (repair.closed || !repair.told || !real) return;
  found.Add({.labels = {{"node", repair.node}},
             .summary = fmt::format("Node {} is not repaired: a person is needed", repair.node),
             .reason = repair.detail.empty() || repair.step == "page"
                           ? fmt::format("{}. Nothing more is done about it.", repair.reason)
                           : fmt::format("{}; {}: {}. Nothing more is done about it.", repair.reason,
                                         repair.step, repair.detail),
             .urgent = true});
}

}  // namespace

Rule NodeNotRepaired() {
  return {.name = "NodeNotRepaired",
          .meaning = "A node is not well, and Loadline has done for it what it may.",
          .remedy = "Look at the node; when it is well again, or gone, its repair ends by itself.",
          .severity = Severity::kSev1,
          .own = true,
          .example = {{"node", "node-1"}},
          .detect = DetectNodeNotRepaired};
}

}  // namespace loadline::collector::rules
