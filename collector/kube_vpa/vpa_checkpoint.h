// VerticalPodAutoscalerCheckpoint, version v3: what a recommender had learnt of one container of an
// autoscaler.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "collector/usage/vpa_aggregate.h"
#include "schemas/base/result.h"

namespace loadline::collector {

inline constexpr const char* kCheckpointPath = "/apis/autoscaling.k8s.io/v1/verticalpodautoscalercheckpoints";

struct VpaCheckpointObject {
  std::string namespace_name;
  std::string name;  // "<vpa>-<container>", as upstream names them
  std::string vpa;
  std::string container;
  VpaCheckpoint data;
  bool operator==(const VpaCheckpointObject&) const = default;
};

// Fails on other versions, and on what no histogram can hold.
Result<VpaCheckpointObject> ParseVpaCheckpoint(const nlohmann::json& object);

// Its status, as upstream writes it.
nlohmann::json CheckpointStatus(const VpaCheckpoint& data, Wall now);
// The whole document, as one of ours.
nlohmann::json CheckpointDocument(const VpaCheckpointObject& checkpoint, Wall now);

// By this label we know those that we have written: the others are for their own recommender to remove.
inline constexpr const char* kOwnerLabel = "app.kubernetes.io/managed-by";
inline constexpr const char* kOwner = "loadline";

}  // namespace loadline::collector
