#include "collector/kube_api/object_cache.h"

#include "schemas/base/json_fields.h"

namespace loadline::collector {

std::string KeyOfObject(const nlohmann::json& object) {
  const nlohmann::json& metadata = Part(object, "metadata");
  const std::string space = Text(metadata, "namespace");
  return space.empty() ? Text(metadata, "name") : space + "/" + Text(metadata, "name");
}

}  // namespace loadline::collector
