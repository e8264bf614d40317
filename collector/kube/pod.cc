#include "collector/kube/pod.h"

#include <array>
#include <utility>

#include "collector/kube/json_fields.h"
#include "collector/kube/pod_containers.h"

namespace loadline::collector {
namespace {

Pod::State StateOf(const nlohmann::json& state) {
  if (Part(state, "running").is_object()) return Pod::State::kRunning;
  const nlohmann::json& ended = Part(state, "terminated");
  if (!ended.is_object()) return Pod::State::kWaiting;
  return Part(ended, "exitCode") == 0 ? Pod::State::kDone : Pod::State::kFailed;
}

// The owner of a ReplicaSet, by the hash that it put behind its own name.
std::optional<std::pair<std::string, std::string>> OwnerOfReplicaSet(const nlohmann::json& labels,
                                                                     const std::string& replica_set) {
  constexpr std::array<std::pair<const char*, const char*>, 2> kHashes = {
      {{"pod-template-hash", "Deployment"}, {"rollouts-pod-template-hash", "Rollout"}}};
  for (const auto& [label, kind] : kHashes) {
    const std::string suffix = "-" + Text(labels, label);
    if (suffix.size() > 1 && replica_set.size() > suffix.size() && replica_set.ends_with(suffix)) {
      return std::pair{std::string(kind), replica_set.substr(0, replica_set.size() - suffix.size())};
    }
  }
  return std::nullopt;
}

void SetWorkload(const nlohmann::json& object, Pod& pod) {
  const auto owner = ControllerOf(object);
  // A static pod belongs to its node, which is no workload.
  if (!owner || owner->kind == "Node") {
    pod.kind = "Pod";
    pod.workload = pod.name;
    return;
  }
  pod.kind = owner->kind;
  pod.workload = owner->name;
  if (owner->kind == "Job") pod.job_uid = owner->uid;
  if (owner->kind == "ReplicaSet") {
    if (auto above = OwnerOfReplicaSet(Part(Part(object, "metadata"), "labels"), owner->name)) {
      std::tie(pod.kind, pod.workload) = std::move(*above);
    }
  }
}

}  // namespace

std::string IdOfContainer(const nlohmann::json& status) {
  const std::string id = Text(status, "containerID");
  const std::size_t scheme = id.find("://");
  return scheme == id.npos ? id : id.substr(scheme + 3);
}

std::optional<OwnerRef> ControllerOf(const nlohmann::json& object) {
  for (const nlohmann::json& owner : Part(Part(object, "metadata"), "ownerReferences")) {
    const nlohmann::json& controller = Part(owner, "controller");
    if (controller.is_boolean() && controller.get<bool>()) {
      return OwnerRef{Text(owner, "kind"), Text(owner, "name"), Text(owner, "uid")};
    }
  }
  return std::nullopt;
}

std::optional<Pod> ParsePod(const nlohmann::json& object) {
  const nlohmann::json& metadata = Part(object, "metadata");
  Pod pod{.uid = Text(metadata, "uid"),
          .static_uid = Text(Part(metadata, "annotations"), "kubernetes.io/config.hash"),
          .namespace_name = Text(metadata, "namespace"),
          .name = Text(metadata, "name"),
          .node = Text(Part(object, "spec"), "nodeName")};
  if (pod.uid.empty() || pod.name.empty()) return std::nullopt;
  SetWorkload(object, pod);
  ForEachContainer(object, [&](ContainerRole role, const nlohmann::json& spec, const nlohmann::json& status) {
    pod.containers.push_back({.name = Text(spec, "name"),
                              .id = IdOfContainer(status),
                              .id_before = IdOfContainer(Part(Part(status, "lastState"), "terminated")),
                              .state = StateOf(Part(status, "state")),
                              .is_init = role == ContainerRole::kInit});
  });
  return pod;
}

}  // namespace loadline::collector
