#include "collector/kube/metered_pod.h"

#include "collector/kube/cluster_objects.h"
#include "collector/kube/json_fields.h"
#include "collector/kube/pod.h"
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

void AddContainers(const json& object, const char* specs, const char* statuses, MeteredPod& pod) {
  for (const json& spec : Part(Part(object, "spec"), specs)) {
    const json& resources = Part(spec, "resources");
    MeteredContainer container{.name = Text(spec, "name"),
                               .id = {},
                               .request = ParseAmounts(Part(resources, "requests")),
                               .limit = ParseAmounts(Part(resources, "limits")),
                               .kills = {}};
    for (const json& status : Part(Part(object, "status"), statuses)) {
      if (Text(status, "name") != container.name) continue;
      container.id = IdOfContainer(status);
      container.kills = KillsOf(status);
    }
    pod.containers.push_back(std::move(container));
  }
}

}  // namespace

std::optional<MeteredPod> ParseMeteredPod(const json& object) {
  MeteredPod pod{.uid = Text(Part(object, "metadata"), "uid"), .containers = {}};
  if (pod.uid.empty()) return std::nullopt;
  AddContainers(object, "initContainers", "initContainerStatuses", pod);
  AddContainers(object, "containers", "containerStatuses", pod);
  return pod;
}

}  // namespace loadline::collector
