// How a pod's containers are to be sized, by the annotations of the pod; its workload's template has them.
//
//   loadline.io/min-cpu, max-cpu, min-memory, max-memory   smallest and largest request: "100m", "1Gi"
//   loadline.io/knob                                       from thrifty (0) to safe (1)
//   loadline.io/limits: keep                               requests alone move, the limits stay
//
// All hold for every container; before a slash `CONTAINER.loadline.io` they hold for that one, and are stronger. What
// cannot be read is as if it were not there.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "collector/model/container_spec.h"

namespace loadline::collector {

// `annotations` of a pod's metadata.
SizingPolicy PolicyOf(const nlohmann::json& annotations, const std::string& container);

// How its alerts are wanted: loadline.io/alerts of the pod's labels and annotations, and that of the container, joined by
// commas, the strongest last.
std::string AlertsWanted(const nlohmann::json& metadata, const std::string& container);
// The same of a namespace, for all workloads in it. Nothing: it wants nothing.
std::optional<std::string> RulesOfNamespace(const nlohmann::json& object);

}  // namespace loadline::collector
