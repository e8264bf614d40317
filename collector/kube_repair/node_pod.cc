#include "collector/kube_repair/node_pod.h"

#include <algorithm>

#include "schemas/base/json_fields.h"

namespace loadline::collector {
namespace {

constexpr const char* kMirror = "kubernetes.io/config.mirror";

// The kind of the controller that owns it; empty without one.
std::string ControllerOf(const nlohmann::json& metadata) {
  const nlohmann::json& owners = Part(metadata, "ownerReferences");
  if (!owners.is_array()) return {};
  for (const nlohmann::json& owner : owners) {
    if (Part(owner, "controller") == true) return Text(owner, "kind");
  }
  return {};
}

bool IsOver(const nlohmann::json& pod) {
  const std::string phase = Text(Part(pod, "status"), "phase");
  return phase == "Succeeded" || phase == "Failed";
}

bool HasLocalData(const nlohmann::json& pod) {
  const nlohmann::json& volumes = Part(Part(pod, "spec"), "volumes");
  return volumes.is_array() && std::ranges::any_of(volumes, [](const nlohmann::json& volume) {
           return volume.is_object() && volume.contains("emptyDir");
         });
}

}  // namespace

NodePod ParseNodePod(const nlohmann::json& pod, const DrainPermits& permits) {
  const nlohmann::json& metadata = Part(pod, "metadata");
  NodePod parsed{.namespace_name = Text(metadata, "namespace"),
                 .name = Text(metadata, "name"),
                 .uid = Text(metadata, "uid"),
                 .ending = !Text(metadata, "deletionTimestamp").empty()};
  const std::string controller = ControllerOf(metadata);
  parsed.unmanaged = controller.empty();
  const bool mirror = !Text(Part(metadata, "annotations"), kMirror).empty();
  // A static pod names its node as its controller.
  if (IsOver(pod) || mirror || controller == "DaemonSet" || controller == "Node") return parsed;
  parsed.fate = PodFate::kEvicted;
  const auto hold = [&parsed](const char* why) {
    parsed.fate = PodFate::kHeld;
    parsed.why = why;
  };
  if (parsed.ending) return parsed;
  if (!permits.local_data && HasLocalData(pod))
    hold("it keeps data on the node (emptyDir): repair.drain_local_data");
  if (!permits.unmanaged && parsed.unmanaged)
    hold("no controller would make it again: repair.drain_unmanaged");
  return parsed;
}

}  // namespace loadline::collector
