#include "collector/kube/fault_objects.h"

#include <algorithm>

#include "collector/kube/cluster_objects.h"
#include "collector/kube/pod.h"
#include "collector/kube/time_stamp.h"

namespace loadline::collector {
namespace {

Amounts RequestsOf(const nlohmann::json& container) {
  return ParseAmounts(Part(Part(container, "resources"), "requests"));
}

// Containers run together, init containers one after the other before them.
void AddAllRequests(const nlohmann::json& spec, PendingPod& pod) {
  for (const nlohmann::json& container : Part(spec, "containers")) {
    const Amounts together = RequestsOf(container);
    pod.cpu += together.cpu;
    pod.memory += together.memory;
  }
  for (const nlohmann::json& container : Part(spec, "initContainers")) {
    const Amounts alone = RequestsOf(container);
    pod.cpu = std::max(pod.cpu, alone.cpu);
    pod.memory = std::max(pod.memory, alone.memory);
  }
}

}  // namespace

std::optional<FaultyNode> ParseFaultyNode(const nlohmann::json& object) {
  FaultyNode node;
  for (const nlohmann::json& condition : Part(Part(object, "status"), "conditions")) {
    NodeFault fault{.node = Text(Part(object, "metadata"), "name"),
                    .type = Text(condition, "type"),
                    .status = Text(condition, "status"),
                    .reason = Text(condition, "reason"),
                    .message = Text(condition, "message"),
                    .since = InstantOf(Text(condition, "lastTransitionTime"))};
    const bool well = fault.type == "Ready" ? fault.status == "True" : fault.status != "True";
    if (!well && !fault.type.empty()) node.faults.push_back(std::move(fault));
  }
  return node.faults.empty() ? std::nullopt : std::optional(std::move(node));
}

std::optional<PendingPod> ParsePendingPod(const nlohmann::json& object) {
  const nlohmann::json& status = Part(object, "status");
  if (Text(status, "phase") != "Pending") return std::nullopt;
  for (const nlohmann::json& condition : Part(status, "conditions")) {
    const bool unschedulable = Text(condition, "type") == "PodScheduled" &&
                               Text(condition, "status") == "False" &&
                               Text(condition, "reason") == "Unschedulable";
    if (!unschedulable) continue;
    const std::optional<Pod> pod = ParsePod(object);
    if (!pod) return std::nullopt;
    PendingPod pending{.namespace_name = pod->namespace_name,
                       .workload_id = pod->namespace_name + "/" + pod->kind + "/" + pod->workload,
                       .pod = pod->name,
                       .message = Text(condition, "message"),
                       .since = InstantOf(Text(condition, "lastTransitionTime"))};
    AddAllRequests(Part(object, "spec"), pending);
    return pending;
  }
  return std::nullopt;
}

}  // namespace loadline::collector
