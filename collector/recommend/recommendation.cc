#include "collector/recommend/recommendation.h"

#include <fmt/format.h>

#include <cmath>

namespace loadline::collector {
namespace {

std::string Format(std::int64_t amount, Resource resource) {
  return resource == Resource::kCpu ? FormatCpu(amount) : FormatBytes(amount);
}

const char* Phrase(Cap cap) {
  switch (cap) {
    case Cap::kFloor:
      return "raised to the smallest request";
    case Cap::kMinAllowed:
      return "raised to the policy's minimum";
    case Cap::kMaxAllowed:
      return "lowered to the policy's maximum";
    case Cap::kLimitRangeMin:
      return "raised to the namespace's LimitRange";
    case Cap::kLimitRangeMax:
      return "lowered to the namespace's LimitRange";
    case Cap::kPodMin:
      return "raised to the namespace's LimitRange for pods";
    case Cap::kPodMax:
      return "lowered to the namespace's LimitRange for pods";
    case Cap::kQuota:
      return "lowered to what the namespace's quota leaves";
    case Cap::kNode:
      return "lowered to the largest node";
    case Cap::kLimit:
      return "lowered to the limit, which stays";
    case Cap::kWholeCpus:
      return "rounded up to whole CPUs";
    case Cap::kOtherNodes:
      return "lowered, because one node alone says so";
    case Cap::kOtherNodesLeast:
      return "raised, because one node alone says so";
  }
  return "";
}

std::string CauseWords(const Reason& reason, Resource resource) {
  const std::string observed = Format(reason.observed, resource);
  switch (reason.cause) {
    case Cause::kNoData:
      return "Nothing was seen yet";
    case Cause::kUsage:
      return "Usage of " + observed;
    case Cause::kThrottling:
      return "Throttled at its limit: demand estimated at " + observed;
    case Cause::kOomKill:
      return "Killed at its memory limit: need of at least " + observed;
    case Cause::kSeason:
      return "A recurring peak of " + observed;
    case Cause::kTrend:
      return "Growing to " + observed;
    case Cause::kLeak:
      return "Looks like a memory leak, now at " + observed;
    case Cause::kHold:
      return "The present request is near enough to a need of " + observed;
    case Cause::kHpa:
      return "A horizontal autoscaler holds this resource: use of " + observed + " at its target";
  }
  return "";
}

}  // namespace

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
    case Cap::kOtherNodes:
      return "other_nodes";
    case Cap::kOtherNodesLeast:
      return "other_nodes_least";
  }
  return "";
}

std::string Words(const Reason& reason, Resource resource) {
  std::string words = CauseWords(reason, resource);
  if (reason.history_seconds > 0) words += " over " + FormatSeconds(reason.history_seconds);
  if (reason.margin > 0) words += fmt::format(", with {:.0f} % margin", reason.margin * 100);
  if (reason.growth_per_day != 0) {
    words += fmt::format(", growing by {} a day", Format(std::llround(reason.growth_per_day), resource));
    if (std::isfinite(reason.seconds_to_limit)) {
      words += ", at its limit in " + FormatSeconds(reason.seconds_to_limit);
    }
  }
  for (const Cap cap : reason.caps) words += std::string("; ") + Phrase(cap);
  return words + ".";
}

}  // namespace loadline::collector
