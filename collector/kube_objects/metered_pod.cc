#include "collector/kube_objects/metered_pod.h"

#include <nlohmann/json.hpp>

#include "collector/kube_objects/cluster_objects.h"
#include "collector/kube_objects/pod.h"
#include "collector/kube_objects/pod_containers.h"
#include "schemas/base/json_fields.h"
#include "schemas/base/time_text.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

std::vector<MeteredContainer::Kill> KillsOf(const json& status) {
  std::vector<MeteredContainer::Kill> kills;
  for (const char* which : {"lastState", "state"}) {
    const json& ended = Part(Part(status, which), "terminated");
    if (Text(ended, "reason") != "OOMKilled") continue;
    const auto at = ParseRfc3339(Text(ended, "finishedAt"));
    const std::string id = IdOfContainer(ended);
    if (at && *at && !id.empty()) kills.push_back({id, **at});
  }
  return kills;
}

}  // namespace

std::optional<MeteredPod> ParseMeteredPod(const json& object) {
  MeteredPod pod{.uid = Text(Part(object, "metadata"), "uid"), .containers = {}};
  if (pod.uid.empty()) return std::nullopt;
  ForEachContainer(object, [&](ContainerRole role, const json& spec, const json& status) {
    if (role == ContainerRole::kEphemeral) return;
    const json& resources = Part(spec, "resources");
    pod.containers.push_back({.name = Text(spec, "name"),
                              .id = IdOfContainer(status),
                              .request = ParseAmounts(Part(resources, "requests")),
                              .limit = ParseAmounts(Part(resources, "limits")),
                              .kills = KillsOf(status)});
  });
  return pod;
}

}  // namespace loadline::collector
