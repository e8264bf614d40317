// What a pod's status and an Event tell of evictions and of containers without memory.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <vector>

#include "collector/kube_objects/cluster_names.h"
#include "collector/model/cluster_news.h"

namespace loadline::collector {

// That a pod was stopped from outside (evicted, preempted), and each of its containers that was OOM-killed in
// its last or present run. Empty for nearly every pod. One that a kubelet under pressure did not let begin
// was not stopped.
std::vector<ClusterNews> NewsOfPod(const nlohmann::json& pod);

// Of an Event of the reasons Evicted, EvictionThresholdMet, SystemOOM and OOMKilling; nothing of others.
std::optional<ClusterNews> NewsOfEvent(const nlohmann::json& event);

// The container that an Event of the reason Started is about; nothing of others.
std::optional<ContainerHeardOf> StartOf(const nlohmann::json& event);
inline constexpr const char* kStartsSelector = "reason=Started";

// Where the news are watched: warnings, less the reasons that are frequent and not these.
inline constexpr const char* kEventsSelector =
    "type=Warning,reason!=BackOff,reason!=Unhealthy,reason!=FailedScheduling,reason!=Failed,"
    "reason!=FailedMount,reason!=FailedCreatePodSandBox";

}  // namespace loadline::collector
