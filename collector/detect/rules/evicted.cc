// By a kubelet, not by somebody through the API. Urgent.
#include <fmt/format.h>

#include "collector/detect/detect_words.h"
#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

void DetectEvicted(const EvictionTold& told, const RuleSettings& settings, Found& found) {
  const StoryView& view = told.story;
  const std::string who = view.workload_id.empty() ? view.namespace_name + "/" + view.pod : view.workload_id;
  Condition evicted{.labels = ContainerLabels(who, view.namespace_name, ""),
                    .summary = fmt::format("{} (pod {}) was evicted from {}", who, view.pod, view.node),
                    .reason = view.why,
                    .keep = settings.shared().oom_keep,
                    .urgent = true};
  evicted.labels["node"] = view.node;
  if (!view.cause.empty()) {
    evicted.summary += ": " + view.cause;
    evicted.reason += fmt::format(" Caused by {}.", view.cause);
  }
  found.Add(std::move(evicted));
}

}  // namespace

Rule Evicted() {
  return {.name = "Evicted",
          .meaning = "A kubelet evicted a pod.",
          .remedy =
              "See the container that grew, and raise its request so that it is placed where there is room.",
          .severity = Severity::kSev2,
          .happening = true,
          .example = {{"workload", "shop/Deployment/checkout"}, {"namespace", "shop"}, {"node", "node-1"}},
          .detect = DetectEvicted};
}

}  // namespace loadline::collector::rules
