// A pod as the API server shows it to who would resize it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "collector/apply/subject.h"

namespace loadline::collector {

// Nothing when it is no pod that a Deployment, StatefulSet or DaemonSet controls.
std::optional<SizablePod> ParseSizablePod(const nlohmann::json& object);

// The patch of a pod's resize subresource. Refused by the API server when the pod is another one by now.
nlohmann::json ResizePatch(const std::string& pod_uid, const PodSize& size);

}  // namespace loadline::collector
