// What a container asks for and may use, as the API server tells of its pod.
#pragma once

#include <string>

#include "collector/advice/recommendation.h"
#include "schemas/wire/records.h"

namespace loadline::collector {

// As the kubelet has applied it, which while a resize is under way is not what the pod's spec wants. 0 is none.
struct ContainerSpec {
  Amounts request;
  Amounts limit;
  Amounts pod_limit;                // of all containers of the pod together
  bool shares_pod_request = false;  // it asks for nothing itself: the request is its part of the pod's
  wire::QosClass qos = wire::QosClass::kNone;  // of the pod; kNone: not told
  bool operator==(const ContainerSpec&) const = default;
};

// Of one container of one pod.
struct SpecTold {
  std::string workload_id;
  std::string container;
  std::string pod;
  ContainerSpec spec;
  bool operator==(const SpecTold&) const = default;
};

}  // namespace loadline::collector
