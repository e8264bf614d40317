// What surrounds a container when it is sized: its present request and limit, and the rules it lives under.
#pragma once

#include <optional>

#include "collector/recommend/recommendation.h"

namespace loadline::collector {

// How requests and limits move together.
enum class LimitPolicy : std::uint8_t {
  kKeepProportion,  // the limit moves with the request, in the proportion it has now
  kRequestsOnly,    // the limit stays
};

// A horizontal autoscaler on the same workload.
struct HorizontalScaling {
  Resource resource = Resource::kCpu;
  double target_utilization = 0;  // of the request, 0.8 is 80 %
};

// A heap bound of the language runtime, as its command line or environment states it.
struct RuntimeHeap {
  Bytes max_heap = 0;        // -Xmx, GOMEMLIMIT; 0: not known
  double heap_fraction = 0;  // -XX:MaxRAMPercentage as a share of the limit; 0: not set
};

struct Context {
  Amounts request{};  // now; 0: none
  Amounts limit{};

  // Resource policy of the user.
  Amounts min_allowed{};
  Amounts max_allowed{};
  bool controls_cpu = true;
  bool controls_memory = true;
  LimitPolicy limits = LimitPolicy::kKeepProportion;
  bool whole_cpus = false;  // round CPU up to whole CPUs

  // The smallest request of a whole pod, shared equally by its containers; 0 is none. Absent: what the
  // algorithm holds right.
  std::optional<Amounts> pod_floor{};
  int containers_in_pod = 1;

  // From thrifty (0) to safe (1).
  double knob = 0.5;

  // The namespace and the cluster.
  Amounts limit_range_min{};
  Amounts limit_range_max{};
  Amounts quota_left{};  // what this container may ask for at most before its namespace's quota is spent
  Amounts node_allocatable{};  // of the largest node that could hold the pod

  std::optional<HorizontalScaling> hpa{};
  RuntimeHeap heap{};
};

}  // namespace loadline::collector
