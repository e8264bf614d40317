#include "collector/kube_objects/fault_objects.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "collector/kube_objects/cluster_objects.h"
#include "collector/kube_objects/pod.h"
#include "collector/kube_objects/time_stamp.h"
#include "collector/repair/maintenance.h"
#include "schemas/base/json_fields.h"
#include "schemas/base/saturating.h"

namespace loadline::collector {
namespace {

Amounts RequestsOf(const nlohmann::json& container) {
  return ParseAmounts(Part(Part(container, "resources"), "requests"));
}

void Add(const Amounts& more, Amounts& sum) {
  sum.cpu = SaturatingSum(sum.cpu, more.cpu);
  sum.memory = SaturatingSum(sum.memory, more.memory);
}

// As the scheduler counts: containers run together with the sidecars, which begin among the init containers;
// the other init containers run alone with the sidecars before them.
void AddAllRequests(const nlohmann::json& spec, PendingPod& pod) {
  Amounts together;
  Amounts most;
  for (const nlohmann::json& container : Part(spec, "initContainers")) {
    Amounts now = together;
    Add(RequestsOf(container), now);
    if (Text(container, "restartPolicy") == "Always") together = now;
    most = {.cpu = std::max(most.cpu, now.cpu), .memory = std::max(most.memory, now.memory)};
  }
  for (const nlohmann::json& container : Part(spec, "containers")) Add(RequestsOf(container), together);
  pod.cpu = std::max(most.cpu, together.cpu);
  pod.memory = std::max(most.memory, together.memory);
}

}  // namespace

std::optional<FaultyNode> ParseFaultyNode(const nlohmann::json& object) {
  FaultyNode node;
  const bool leaving = IsLeaving(object);
  for (const nlohmann::json& condition : Part(Part(object, "status"), "conditions")) {
    NodeFault fault{.node = Text(Part(object, "metadata"), "name"),
                    .type = Text(condition, "type"),
                    .status = Text(condition, "status"),
                    .reason = Text(condition, "reason"),
                    .message = Text(condition, "message"),
                    .since = InstantOf(Text(condition, "lastTransitionTime"))};
    const bool good = fault.type.ends_with("Ready");  // a condition that is to be true
    const bool well =
        good ? fault.status == "True" || (leaving && fault.type == "Ready") : fault.status != "True";
    // Our own says what another one leads to.
    if (fault.type == kRepairCondition) continue;
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
