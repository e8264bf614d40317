// What is kept of a pod: whose it is, where it runs, and which container has which id.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "collector/kube_objects/placement.h"
#include "collector/model/container_spec.h"

namespace loadline::collector {

// Containers by workload id and name.
using ContainerKeys = std::set<std::pair<std::string, std::string>>;

struct OwnerRef {
  std::string kind;
  std::string name;
  std::string uid;
};

struct Pod {
  enum class State { kWaiting, kRunning, kDone, kFailed };  // kDone: ended well, will not run again
  struct Container {
    std::string name;
    std::string id;         // 64 hex digits; empty: not started yet
    std::string id_before;  // of its last run
    State state = State::kWaiting;
    bool is_init = false;                 // sidecars too
    std::optional<ContainerSpec> spec{};  // nothing of one that is known from Events alone
    bool operator==(const Container&) const = default;
  };
  std::string uid;
  std::string static_uid;  // the kubelet's own name of a static pod; its cgroups bear this one
  std::string namespace_name;
  std::string name;
  std::string node;
  std::string kind;  // of the workload: the topmost controller known from the pod alone
  std::string workload;
  std::string job_uid;                // set when a Job owns it: the Job may belong to a CronJob
  std::vector<Container> containers;  // init and ephemeral ones too
  PodPlacement placement{};
  bool operator==(const Pod&) const = default;
};

// Of a status, or of the state in which it ended: "containerd://<id>" without its scheme.
std::string IdOfContainer(const nlohmann::json& status);

// The controller among an object's owners.
std::optional<OwnerRef> ControllerOf(const nlohmann::json& object);

// What its containers ask for that run beside one another.
Amounts RequestOf(const Pod& pod);

// Nothing when it is no pod with a uid.
//
// A ReplicaSet's name is its Deployment's and the hash that the pod bears as a label, so no ReplicaSet needs
// to be read; Argo's Rollouts do the same under a label of their own.
std::optional<Pod> ParsePod(const nlohmann::json& object);

}  // namespace loadline::collector
