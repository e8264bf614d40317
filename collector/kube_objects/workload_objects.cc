#include "collector/kube_objects/workload_objects.h"

#include <nlohmann/json.hpp>

#include "schemas/base/json_fields.h"

namespace loadline::collector {

std::optional<WorkloadObject> ParseWorkloadObject(const nlohmann::json& object, const char* kind) {
  const nlohmann::json& metadata = Part(object, "metadata");
  WorkloadObject workload{.namespace_name = Text(metadata, "namespace"),
                          .kind = kind,
                          .name = Text(metadata, "name"),
                          .uid = Text(metadata, "uid"),
                          .apply = Text(Part(metadata, "annotations"), "loadline.io/apply")};
  if (workload.name.empty()) return std::nullopt;
  return workload;
}

}  // namespace loadline::collector
