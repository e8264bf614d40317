// What a container asks for and may use, as the API server tells of its pod.
#pragma once

#include <optional>
#include <string>

#include "collector/advice/recommendation.h"
#include "schemas/wire/records.h"

namespace loadline::collector {

// What a container is in its pod.
enum class ContainerKind : std::uint8_t {
  kMain,
  kSidecar,    // begins among the init containers, and stays
  kInit,       // has done its work before the others begin
  kEphemeral,  // somebody looks into the pod; it can ask for nothing
};

// What people want of its sizing, whatever its usage says. 0 is no bound.
struct SizingPolicy {
  Amounts least;
  Amounts most;
  std::optional<double> knob;  // from thrifty (0) to safe (1); not set: the cluster's
  bool limits_stay = false;
  bool operator==(const SizingPolicy&) const = default;
};

// As the kubelet has applied it, which while a resize is under way is not what the pod's spec wants. 0 is none.
struct ContainerSpec {
  Amounts request;
  Amounts limit;
  Amounts pod_limit;                // of all containers of the pod together
  bool shares_pod_request = false;  // it asks for nothing itself: the request is its part of the pod's
  wire::QosClass qos = wire::QosClass::kNone;  // of the pod; kNone: not told
  ContainerKind kind = ContainerKind::kMain;
  SizingPolicy policy;
  Bytes max_heap = 0;    // of its language runtime, as its command line or environment states it
  Bytes huge_pages = 0;  // of all sizes; a request of them is the limit, too
  std::string alerts{};  // how it wants the rules, see detect/rules_for.h; empty: as they are
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
