// A limit was hit: the container's own, its pod's or that of a cgroup above. Urgent.
#include "collector/detect/detect_words.h"
#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

// The same program on the same node is the same trouble, where the agent cannot name the cgroup.
Labels LabelsOfUnknown(const KillSeen& seen) {
  if (seen.kill.victim.IsNamed()) return {{"cgroup", seen.kill.victim.path}};
  return {{"node", seen.node}, {"command", seen.kill.command}};
}

void DetectContainerOomKilled(const KillTold& told, const RuleSettings& settings, Found& found) {
  if (!told.kill.kill.limit_owner) return;
  const ContainerName& name = told.kill.name;
  Condition killed = KillCondition(told);
  killed.labels = name.workload_id.empty()
                      ? LabelsOfUnknown(told.kill)
                      : ContainerLabels(name.workload_id, name.namespace_name, name.container);
  killed.keep = settings.shared().oom_keep;
  found.Add(std::move(killed));
}

}  // namespace

Rule ContainerOomKilled() {
  return {.name = "ContainerOomKilled",
          .meaning = "The kernel ended a process because a limit was hit.",
          .remedy = "Compare the limit with the recommendation; look at what grew before the kill.",
          .severity = Severity::kSev2,
          .happening = true,
          .example = {{"workload", "shop/Deployment/checkout"}, {"namespace", "shop"}, {"container", "app"}},
          .detect = DetectContainerOomKilled};
}

}  // namespace loadline::collector::rules
