// The Deployments, StatefulSets and DaemonSets of the cluster, by their metadata alone.
#pragma once

#include <optional>
#include <string>

#include "collector/kube_api/object_cache.h"

namespace loadline::collector {

struct WorkloadObject {
  std::string namespace_name;
  std::string kind;
  std::string name;
  std::string uid;
  std::string apply;  // the annotation loadline.io/apply

  // WorkloadView::id.
  [[nodiscard]] std::string Id() const { return namespace_name + "/" + kind + "/" + name; }
  bool operator==(const WorkloadObject&) const = default;
};

// `kind` is not told by documents that hold metadata alone.
std::optional<WorkloadObject> ParseWorkloadObject(const nlohmann::json& object, const char* kind);

struct WorkloadObjects {
  ObjectCache<WorkloadObject> deployments{
      [](const nlohmann::json& object) { return ParseWorkloadObject(object, "Deployment"); }};
  ObjectCache<WorkloadObject> stateful_sets{
      [](const nlohmann::json& object) { return ParseWorkloadObject(object, "StatefulSet"); }};
  ObjectCache<WorkloadObject> daemon_sets{
      [](const nlohmann::json& object) { return ParseWorkloadObject(object, "DaemonSet"); }};

  [[nodiscard]] bool complete() const {
    return deployments.complete() && stateful_sets.complete() && daemon_sets.complete();
  }
  template <typename Use>
  void ForEach(Use use) const {
    for (const auto* cache : {&deployments, &stateful_sets, &daemon_sets}) {
      cache->ForEach([&](const std::string&, const WorkloadObject& workload) { use(workload); });
    }
  }
};

}  // namespace loadline::collector
