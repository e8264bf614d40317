// The scheduler finds no node for pods of a workload: one alert for all of them.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "collector/detect/detect_words.h"
#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

std::string Asks(const PendingPod& pod) {
  std::string text;
  if (pod.cpu > 0) text = FormatCpu(pod.cpu) + " of CPU";
  if (pod.memory > 0) text += (text.empty() ? "" : " and ") + FormatBytes(pod.memory) + " of memory";
  return text.empty() ? "nothing" : text;
}

// The scheduler's verdict without what it says of preemption, which is rarely the answer.
std::string Verdict(const std::string& message) {
  return message.substr(0, message.find(". "));
}

// `pods`: all of one workload that wait, at least one. The first is told; the others ask for the same.
Condition Waiting(const std::vector<const PendingPod*>& pods) {
  const PendingPod& first = **std::ranges::min_element(pods, {}, &PendingPod::since);
  const std::string who = pods.size() == 1
                              ? fmt::format("Pod {} of {} finds", first.pod, first.workload_id)
                              : fmt::format("{} pods of {} find", pods.size(), first.workload_id);
  return {
      .labels = ContainerLabels(first.workload_id, first.namespace_name, ""),
      .summary = fmt::format("{} no node: {}", who, Verdict(first.message)),
      .reason = fmt::format("{} asks for {}. The scheduler says: {}", first.pod, Asks(first), first.message),
      .keep = std::chrono::seconds(30)};
}

void DetectPodUnschedulable(const ClusterSeen& seen, const RuleSettings& /*settings*/, Found& found) {
  if (seen.evidence.faults == nullptr) return;
  std::map<std::string, std::vector<const PendingPod*>> waiting;
  for (const PendingPod& pod : seen.evidence.faults->pods) waiting[pod.workload_id].push_back(&pod);
  for (const auto& [workload, pods] : waiting) found.Add(Waiting(pods));
}

}  // namespace

Rule PodUnschedulable() {
  return {.name = "PodUnschedulable",
          .meaning = "The scheduler finds no node for pods of a workload.",
          .remedy = "See what is insufficient: lower requests by the recommendations, or add nodes.",
          .severity = Severity::kSev2,
          .hold = std::chrono::minutes(5),
          .watch = "pods",
          .example = {{"workload", "shop/Deployment/checkout"}, {"namespace", "shop"}},
          .detect = DetectPodUnschedulable};
}

}  // namespace loadline::collector::rules
