// What the API server says is wrong with nodes, and pods that find no place.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "collector/detect/detect.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

const char* RuleOf(const NodeFault& fault) {
  if (fault.type == "Ready") return "NodeNotReady";
  return fault.type.ends_with("Pressure") ? "NodePressure" : "NodeProblem";
}

// "reason. The machine's own words", either of which may be missing.
std::string Because(const NodeFault& fault) {
  return fault.reason + (fault.reason.empty() || fault.message.empty() ? "" : ". ") + fault.message;
}

Condition Of(const NodeFault& fault) {
  Condition condition{
      .rule = RuleOf(fault),
      .labels = {{"node", fault.node}},
      .severity = Severity::kSev2,
      .reason = fmt::format("The node's condition {} is {}: {}", fault.type, fault.status, Because(fault)),
      .keep = 30s};
  if (fault.type == "Ready") {
    condition.severity = Severity::kSev1;
    condition.summary = fault.status == "Unknown"
                            ? fmt::format("Kubernetes hears nothing of node {}", fault.node)
                            : fmt::format("Node {} is not ready: {}", fault.node, fault.reason);
  } else {
    condition.labels["condition"] = fault.type;
    condition.summary =
        fmt::format("Node {} {} {}: {}", fault.node, fault.type.ends_with("Ready") ? "does not have" : "has",
                    fault.type, fault.reason);
  }
  return condition;
}

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
Condition Of(const std::vector<const PendingPod*>& pods) {
  const PendingPod& first = **std::ranges::min_element(pods, {}, &PendingPod::since);
  const std::string who = pods.size() == 1
                              ? fmt::format("Pod {} of {} finds", first.pod, first.workload_id)
                              : fmt::format("{} pods of {} find", pods.size(), first.workload_id);
  return {
      .rule = "PodUnschedulable",
      .labels = ContainerLabels(first.workload_id, first.namespace_name, ""),
      .severity = Severity::kSev2,
      .summary = fmt::format("{} no node: {}", who, Verdict(first.message)),
      .reason = fmt::format("{} asks for {}. The scheduler says: {}", first.pod, Asks(first), first.message),
      .keep = 30s};
}

}  // namespace

void DetectClusterFaults(const Evidence& evidence, std::vector<Condition>& found) {
  if (evidence.faults == nullptr) return;
  for (const NodeFault& fault : evidence.faults->nodes) found.push_back(Of(fault));
  std::map<std::string, std::vector<const PendingPod*>> waiting;
  for (const PendingPod& pod : evidence.faults->pods) waiting[pod.workload_id].push_back(&pod);
  for (const auto& [workload, pods] : waiting) found.push_back(Of(pods));
}

}  // namespace loadline::collector
