// No limit but the machine's end was hit. Urgent.
#include "collector/detect/detect_words.h"
#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

void DetectNodeOutOfMemory(const KillTold& told, const RuleSettings& settings, Found& found) {
  if (told.kill.kill.limit_owner) return;
  Condition killed = KillCondition(told);
  killed.labels = {{"node", told.kill.node}};
  killed.keep = settings.shared().oom_keep;
  found.Add(std::move(killed));
}

}  // namespace

Rule NodeOutOfMemory() {
  return {.name = "NodeOutOfMemory",
          .meaning = "The kernel ended a process because the whole machine was out of memory.",
          .remedy = "Look for pods without limits, and whether the node's reservations suffice.",
          .severity = Severity::kSev1,
          .happening = true,
          .example = {{"node", "node-1"}},
          .detect = DetectNodeOutOfMemory};
}

}  // namespace loadline::collector::rules
