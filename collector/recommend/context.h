// What surrounds a container when it is sized: its present request and limit, and the rules it lives under.
#pragma once

#include <optional>

#include "collector/advice/recommendation.h"

namespace loadline::collector {

// How requests and limits move together.
enum class LimitPolicy : std::uint8_t {
  kKeepProportion,  // the limit moves with the request, in the proportion it has now
  kRequestsOnly,    // the limit stays
};

// At which share of the request horizontal autoscalers hold the use, 0.8 is 80 %; 0: none works on it.
struct HorizontalTargets {
  double cpu = 0;
  double memory = 0;
  [[nodiscard]] double Of(Resource resource) const { return resource == Resource::kCpu ? cpu : memory; }
};

// A heap bound of the language runtime, as its command line or environment states it.
struct RuntimeHeap {
  Bytes max_heap = 0;  // -Xmx, GOMEMLIMIT; 0: not known
};

struct Context {
  Amounts request{};  // now; 0: none
  Amounts limit{};

  Bytes pod_memory_limit =
      0;                    // where it bounds the container and the container's own does not; 0: it does not
  bool guaranteed = false;  // its pod is of that class, because requests are the limits, and is to stay so

  // Resource policy of the user.
  Amounts min_allowed{};
  Amounts max_allowed{};
  bool controls_cpu = true;
  bool controls_memory = true;
  LimitPolicy limits = LimitPolicy::kKeepProportion;
  bool whole_cpus = false;  // round CPU up to whole CPUs
  MilliCores cpuset = 0;    // the CPUs that it may run on, where they are not all of its node; 0: they are

  // The smallest request of a whole pod, shared equally by its containers; 0 is none. Absent: what the
  // algorithm holds right.
  std::optional<Amounts> pod_floor{};
  int containers_in_pod = 1;

  // From thrifty (0) to safe (1).
  double knob = 0.5;
  Duration first_minutes = std::chrono::minutes(10);  // while less is known nothing goes below the request

  // The namespace and the cluster.
  Amounts limit_range_min{};  // for requests
  Amounts limit_range_max{};  // for limits, and so for requests
  Amounts quota_left{};       // what this container may ask for at most before its namespace's quota is spent
  Amounts node_allocatable{};  // the most that a node has that could hold the pod, each resource by itself

  HorizontalTargets hpa{};
  RuntimeHeap heap{};

  // How many times as much CPU those that run use as all that is remembered (version_growth.h).
  double times_as_busy = 1;
};

}  // namespace loadline::collector
