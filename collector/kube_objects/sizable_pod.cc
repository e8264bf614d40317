#include "collector/kube_objects/sizable_pod.h"

#include <array>
#include <nlohmann/json.hpp>

#include "collector/kube_objects/cluster_objects.h"
#include "collector/kube_objects/pod.h"
#include "schemas/base/json_fields.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 3> kKinds = {"Deployment", "StatefulSet", "DaemonSet"};

ContainerSize SizeOf(const std::string& name, const json& resources) {
  ContainerSize size{.name = name,
                     .request = ParseAmounts(Part(resources, "requests")),
                     .limit = ParseAmounts(Part(resources, "limits"))};
  return size;
}

const json& Condition(const json& status, const char* type) {
  for (const json& condition : Part(status, "conditions")) {
    if (Text(condition, "type") == type && Text(condition, "status") == "True") return condition;
  }
  return Part(status, "");
}

void SetResize(const json& status, SizablePod& pod) {
  if (const json& pending = Condition(status, "PodResizePending"); !pending.is_null()) {
    const bool never = Text(pending, "reason") == "Infeasible";
    pod.resize = never ? ResizeState::kInfeasible : ResizeState::kDeferred;
    pod.resize_message = Text(pending, "message");
  } else if (const json& going = Condition(status, "PodResizeInProgress"); !going.is_null()) {
    pod.resize = Text(going, "reason") == "Error" ? ResizeState::kError : ResizeState::kInProgress;
    pod.resize_message = Text(going, "message");
  }
}

void AddContainers(const json& object, SizablePod& pod) {
  for (const json& container : Part(Part(object, "spec"), "containers")) {
    const std::string name = Text(container, "name");
    pod.wanted.push_back(SizeOf(name, Part(container, "resources")));
    for (const json& policy : Part(container, "resizePolicy")) {
      if (Text(policy, "restartPolicy") == "RestartContainer")
        pod.restarting.push_back(name + "/" + Text(policy, "resourceName"));
    }
  }
  for (const json& status : Part(Part(object, "status"), "containerStatuses")) {
    pod.given.push_back(SizeOf(Text(status, "name"), Part(status, "resources")));
    for (const char* const state : {"waiting", "terminated"})
      pod.backing_off = pod.backing_off || Part(Part(status, "state"), state).is_object();
    if (const json& restarts = Part(status, "restartCount"); restarts.is_number_unsigned())
      pod.restarts += restarts.get<std::uint32_t>();
  }
}

json Quantities(const Amounts& amounts) {
  json quantities = json::object();
  if (amounts.cpu > 0) quantities["cpu"] = std::to_string(amounts.cpu) + "m";
  if (amounts.memory > 0) quantities["memory"] = std::to_string(amounts.memory);
  return quantities;
}

}  // namespace

std::optional<SizablePod> ParseSizablePod(const json& object) {
  const std::optional<Pod> owner = ParsePod(object);
  if (!owner || std::ranges::find(kKinds, owner->kind) == kKinds.end()) return std::nullopt;
  const json& metadata = Part(object, "metadata");
  const json& status = Part(object, "status");
  const std::string phase = Text(status, "phase");
  SizablePod pod{
      .workload_id = owner->namespace_name + "/" + owner->kind + "/" + owner->workload,
      .namespace_name = owner->namespace_name,
      .name = owner->name,
      .uid = owner->uid,
      .qos = Text(status, "qosClass"),
      .ready = !Condition(status, "Ready").is_null(),
      .leaving = !Text(metadata, "deletionTimestamp").empty() || phase == "Failed" || phase == "Succeeded"};
  if (const json& labels = Part(metadata, "labels"); labels.is_object()) {
    for (const auto& [key, value] : labels.items()) pod.labels[key] = value.is_string() ? value : json("");
  }
  SetResize(status, pod);
  AddContainers(object, pod);
  return pod;
}

json ResizePatch(const std::string& pod_uid, const PodSize& size) {
  json containers = json::array();
  for (const ContainerSize& container : size) {
    json resources = json::object();
    if (json requests = Quantities(container.request); !requests.empty()) resources["requests"] = requests;
    if (json limits = Quantities(container.limit); !limits.empty()) resources["limits"] = limits;
    if (!resources.empty()) containers.push_back({{"name", container.name}, {"resources", resources}});
  }
  return {{"metadata", {{"uid", pod_uid}}}, {"spec", {{"containers", containers}}}};
}

}  // namespace loadline::collector
