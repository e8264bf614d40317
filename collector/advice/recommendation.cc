#include "collector/advice/recommendation.h"

namespace loadline::collector {

const char* Name(Resource resource) {
  return resource == Resource::kCpu ? "cpu" : "memory";
}

const char* Name(Cause cause) {
  switch (cause) {
    case Cause::kNoData:
      return "no_data";
    case Cause::kUsage:
      return "usage";
    case Cause::kThrottling:
      return "throttling";
    case Cause::kOomKill:
      return "oom_kill";
    case Cause::kSeason:
      return "season";
    case Cause::kTrend:
      return "trend";
    case Cause::kLeak:
      return "leak";
    case Cause::kHold:
      return "hold";
    case Cause::kHpa:
      return "hpa";
    case Cause::kEarly:
      return "early";
  }
  return "";
}

const char* Name(Cap cap) {
  switch (cap) {
    case Cap::kFloor:
      return "floor";
    case Cap::kMinAllowed:
      return "min_allowed";
    case Cap::kMaxAllowed:
      return "max_allowed";
    case Cap::kLimitRangeMin:
      return "limit_range_min";
    case Cap::kLimitRangeMax:
      return "limit_range_max";
    case Cap::kPodMin:
      return "pod_min";
    case Cap::kPodMax:
      return "pod_max";
    case Cap::kQuota:
      return "quota";
    case Cap::kNode:
      return "node";
    case Cap::kLimit:
      return "limit";
    case Cap::kWholeCpus:
      return "whole_cpus";
    case Cap::kCpuset:
      return "cpuset";
    case Cap::kOtherNodes:
      return "other_nodes";
    case Cap::kOtherNodesLeast:
      return "other_nodes_least";
  }
  return "";
}

}  // namespace loadline::collector
