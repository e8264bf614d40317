#include "collector/kube_objects/pod.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "collector/kube_objects/cluster_objects.h"
#include "collector/kube_objects/pod_containers.h"
#include "collector/kube_objects/quantity.h"
#include "collector/kube_objects/runtime_heap.h"
#include "collector/kube_objects/sizing_policy.h"
#include "schemas/base/json_fields.h"
#include "schemas/base/saturating.h"

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

// "requests" or "limits", as the kubelet has applied them; what it says nothing of is as it was asked for.
nlohmann::json Applied(const nlohmann::json& wanted, const nlohmann::json& given, const char* which) {
  nlohmann::json amounts = Part(wanted, which);
  if (!amounts.is_object()) amounts = nlohmann::json::object();
  if (const nlohmann::json& applied = Part(given, which); applied.is_object()) amounts.update(applied);
  return amounts;
}

struct Resources {
  Amounts request;
  Amounts limit;
};

// Of a container or a whole pod: "resources" of its spec and of its status.
Resources ResourcesOf(const nlohmann::json& spec, const nlohmann::json& status) {
  const nlohmann::json& wanted = Part(spec, "resources");
  const nlohmann::json& given = Part(status, "resources");
  const nlohmann::json limits = Applied(wanted, given, "limits");
  nlohmann::json requests = limits;  // where there is no request the limit is it
  requests.update(Applied(wanted, given, "requests"));
  return {.request = ParseAmounts(requests), .limit = ParseAmounts(limits)};
}

// "hugepages-2Mi": "100Mi", of all sizes together. Requests of them are limits.
Bytes HugePagesOf(const nlohmann::json& spec) {
  Bytes sum = 0;
  const nlohmann::json& limits = Part(Part(spec, "resources"), "limits");
  if (!limits.is_object()) return 0;
  for (const auto& [name, amount] : limits.items()) {
    if (!name.starts_with("hugepages-") || !amount.is_string()) continue;
    sum = SaturatingSum(sum, std::max<Bytes>(ParseWhole(amount.get<std::string>()).value_or(0), 0));
  }
  return sum;
}

wire::QosClass QosOf(const nlohmann::json& object) {
  const std::string told = Text(Part(object, "status"), "qosClass");
  for (const wire::QosClass qos :
       {wire::QosClass::kGuaranteed, wire::QosClass::kBurstable, wire::QosClass::kBestEffort}) {
    if (told == KubernetesName(qos)) return qos;
  }
  return wire::QosClass::kNone;
}

ContainerKind KindOf(ContainerRole role, const nlohmann::json& spec) {
  switch (role) {
    case ContainerRole::kMain:
      return ContainerKind::kMain;
    case ContainerRole::kEphemeral:
      return ContainerKind::kEphemeral;
    case ContainerRole::kInit:
      break;
  }
  return Text(spec, "restartPolicy") == "Always" ? ContainerKind::kSidecar : ContainerKind::kInit;
}

// Beside the pod's other containers, and not before them.
bool Stays(ContainerKind kind) {
  return kind == ContainerKind::kMain || kind == ContainerKind::kSidecar;
}

// What a pod asks for as a whole beyond what its containers do is for those that ask for nothing themselves, in
// equal parts.
void SharePodRequest(const Amounts& pod, const std::vector<ContainerSpec*>& staying) {
  for (std::int64_t Amounts::* const resource : {&Amounts::cpu, &Amounts::memory}) {
    std::int64_t left = pod.*resource;
    std::int64_t sharers = 0;
    for (const ContainerSpec* spec : staying) {
      left -= spec->request.*resource;
      if (spec->request.*resource == 0) ++sharers;
    }
    if (left <= 0) continue;
    for (ContainerSpec* spec : staying) {
      if (spec->request.*resource != 0) continue;
      spec->request.*resource = left / sharers;
      spec->shares_pod_request = true;
    }
  }
}

// Huge pages of the whole pod (Kubernetes 1.34) likewise; those of a container are part of them.
void SharePodHugePages(Bytes of_pod, const std::vector<ContainerSpec*>& staying) {
  std::int64_t sharers = 0;
  for (const ContainerSpec* spec : staying) {
    of_pod -= std::min(of_pod, spec->huge_pages);
    if (spec->huge_pages == 0) ++sharers;
  }
  for (ContainerSpec* spec : staying) {
    if (spec->huge_pages == 0) spec->huge_pages = of_pod / sharers;
  }
}

void SetSpecs(const nlohmann::json& object, Pod& pod) {
  const Resources of_pod = ResourcesOf(Part(object, "spec"), Part(object, "status"));
  const wire::QosClass qos = QosOf(object);
  const nlohmann::json& metadata = Part(object, "metadata");
  const nlohmann::json& annotations = Part(metadata, "annotations");
  std::vector<ContainerSpec*> staying;
  auto container = pod.containers.begin();
  ForEachContainer(object, [&](ContainerRole role, const nlohmann::json& spec, const nlohmann::json& status) {
    const Resources its = ResourcesOf(spec, status);
    container->spec = ContainerSpec{.request = its.request,
                                    .limit = its.limit,
                                    .pod_limit = of_pod.limit,
                                    .qos = qos,
                                    .kind = KindOf(role, spec),
                                    .policy = PolicyOf(annotations, Text(spec, "name")),
                                    .max_heap = MaxHeapOf(spec),
                                    .huge_pages = HugePagesOf(spec),
                                    .alerts = AlertsWanted(metadata, Text(spec, "name"))};
    if (Stays(container->spec->kind)) staying.push_back(&*container->spec);
    ++container;
  });
  SharePodRequest(of_pod.request, staying);
  SharePodHugePages(HugePagesOf(Part(object, "spec")), staying);
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

Amounts RequestOf(const Pod& pod) {
  Amounts sum;
  for (const Pod::Container& container : pod.containers) {
    if (!container.spec || !Stays(container.spec->kind)) continue;
    sum.cpu = SaturatingSum(sum.cpu, container.spec->request.cpu);
    sum.memory = SaturatingSum(sum.memory, container.spec->request.memory);
  }
  return sum;
}

std::optional<Pod> ParsePod(const nlohmann::json& object) {
  const nlohmann::json& metadata = Part(object, "metadata");
  Pod pod{.uid = Text(metadata, "uid"),
          .static_uid = Text(Part(metadata, "annotations"), "kubernetes.io/config.hash"),
          .namespace_name = Text(metadata, "namespace"),
          .name = Text(metadata, "name"),
          .node = Text(Part(object, "spec"), "nodeName"),
          .placement = ParsePlacement(object)};
  if (pod.uid.empty() || pod.name.empty()) return std::nullopt;
  SetWorkload(object, pod);
  ForEachContainer(object, [&](ContainerRole role, const nlohmann::json& spec, const nlohmann::json& status) {
    pod.containers.push_back({.name = Text(spec, "name"),
                              .id = IdOfContainer(status),
                              .id_before = IdOfContainer(Part(Part(status, "lastState"), "terminated")),
                              .state = StateOf(Part(status, "state")),
                              .is_init = role == ContainerRole::kInit});
  });
  SetSpecs(object, pod);
  return pod;
}

}  // namespace loadline::collector
