// A VerticalPodAutoscaler that names us, and the status we owe it.
//
// The contract of an alternative recommender: target and bounds after the policy's minAllowed and maxAllowed,
// uncappedTarget before; resources that are not controlled are left out, containers in mode Off too;
// conditions sorted by type, with the time of their last change of status.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "collector/kube_objects/pod.h"
#include "collector/snapshot/snapshot.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

struct VpaPolicy {
  bool off = false;
  bool cpu = true;  // controlled
  bool memory = true;
  // MilliCores and bytes.
  std::optional<std::int64_t> min_cpu, max_cpu;
  std::optional<std::int64_t> min_memory, max_memory;
  bool operator==(const VpaPolicy&) const = default;
};

struct Vpa {
  std::string namespace_name;
  std::string name;
  std::string recommender;  // empty: the default one
  std::string target_kind;
  std::string target_name;
  std::string update_mode;  // "Off", "Recreate", ...; empty: the server's default, which acts
  std::int64_t generation = 0;
  std::map<std::string, VpaPolicy, std::less<>> policies;  // by container; "*": of all others
  nlohmann::json status;                                   // as it stands

  // WorkloadView::id of its target.
  [[nodiscard]] std::string WorkloadId() const;
  bool operator==(const Vpa&) const = default;
};

// Its target as it is shown; null when nothing of that name was ever seen.
const WorkloadView* TargetOf(const Vpa& vpa, const Snapshot& snapshot);

std::optional<Vpa> ParseVpa(const nlohmann::json& object);

// The whole status as it should be. `workload` is null when nothing of that name was ever seen. `left_out`
// are the containers that have no part in it.
nlohmann::json StatusOf(const Vpa& vpa, const WorkloadView* workload, Wall now,
                        const ContainerKeys& left_out = {});

}  // namespace loadline::collector
