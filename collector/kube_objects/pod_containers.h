// The containers of a pod's document, each with its status.
#pragma once

#include <array>
#include <nlohmann/json.hpp>

#include "schemas/base/json_fields.h"

namespace loadline::collector {

// kInit: those that run one after the other before the rest, and the sidecars that begin among them and stay.
enum class ContainerRole { kInit, kMain, kEphemeral };

// Calls `visit(role, spec, status)` for each; the status is null where the kubelet has not told one yet.
template <typename Visit>
void ForEachContainer(const nlohmann::json& pod, Visit visit) {
  struct Place {
    ContainerRole role;
    const char* specs;
    const char* statuses;
  };
  constexpr std::array<Place, 3> kPlaces = {
      {{ContainerRole::kInit, "initContainers", "initContainerStatuses"},
       {ContainerRole::kMain, "containers", "containerStatuses"},
       {ContainerRole::kEphemeral, "ephemeralContainers", "ephemeralContainerStatuses"}}};
  static const nlohmann::json kNone;
  for (const Place& place : kPlaces) {
    const nlohmann::json& statuses = Part(Part(pod, "status"), place.statuses);
    for (const nlohmann::json& spec : Part(Part(pod, "spec"), place.specs)) {
      const nlohmann::json* its = &kNone;
      for (const nlohmann::json& status : statuses) {
        if (Text(status, "name") == Text(spec, "name")) its = &status;
      }
      visit(place.role, spec, *its);
    }
  }
}

}  // namespace loadline::collector
