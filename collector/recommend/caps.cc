#include "collector/recommend/caps.h"

#include <algorithm>
#include <limits>

namespace loadline::collector {
namespace {

constexpr MilliCores kWholeCpu = 1000;
// Times the request: a limit is not raised beyond, whatever the present proportion.
constexpr std::int64_t kMostLimit = 4;

void RaiseTo(Sizing& sizing, std::int64_t bound, Cap cap) {
  if (bound <= 0) return;
  if (sizing.target < bound) sizing.reason.caps.push_back(cap);
  for (std::int64_t* amount : {&sizing.lower, &sizing.target, &sizing.upper})
    *amount = std::max(*amount, bound);
}

void LowerTo(Sizing& sizing, std::int64_t bound, Cap cap) {
  if (bound <= 0) return;
  if (sizing.target > bound) sizing.reason.caps.push_back(cap);
  for (std::int64_t* amount : {&sizing.lower, &sizing.target, &sizing.upper})
    *amount = std::min(*amount, bound);
}

void RoundToWholeCpus(Sizing& cpu) {
  if (cpu.target % kWholeCpu != 0) cpu.reason.caps.push_back(Cap::kWholeCpus);
  for (std::int64_t* amount : {&cpu.lower, &cpu.target, &cpu.upper, &cpu.uncapped}) {
    *amount = RoundUpTo(*amount, kWholeCpu);
  }
}

// The highest request whose limit, moved in proportion, keeps to a bound on limits.
std::int64_t RequestUnder(std::int64_t bound, const Context& context, Resource resource) {
  const std::int64_t limit = context.limit.Of(resource);
  const std::int64_t request = context.request.Of(resource);
  if (context.limits != LimitPolicy::kKeepProportion || request <= 0 || limit <= request) return bound;
  __extension__ using Wide = __int128;
  const auto in_proportion = static_cast<std::int64_t>(Wide{bound} * request / limit);
  // What keeps the present limit or has no more than kMostLimit times the request is under it, too.
  return std::max(in_proportion, limit <= bound ? bound / kMostLimit : 0);
}

}  // namespace

std::int64_t RoundUpTo(std::int64_t value, std::int64_t scale) {
  if (scale <= 1 || value > std::numeric_limits<std::int64_t>::max() - scale) return value;
  return (value + scale - 1) / scale * scale;
}

std::int64_t ContainerFloor(const Context& context, const Amounts& usual, Resource resource) {
  const double share = 1.0 / std::max(1, context.containers_in_pod);
  const std::int64_t pod_floor = context.pod_floor.value_or(usual).Of(resource);
  return static_cast<std::int64_t>(static_cast<double>(pod_floor) * share);
}

void ApplyFloor(Sizing& sizing, std::int64_t floor) {
  RaiseTo(sizing, floor, Cap::kFloor);
  sizing.uncapped = std::max(sizing.uncapped, floor);
  sizing.exact = std::max(sizing.exact, static_cast<double>(floor));
}

void LowerToOthers(Sizing& sizing, std::int64_t most) {
  sizing.reason.caps.push_back(Cap::kOtherNodes);
  for (std::int64_t* amount : {&sizing.lower, &sizing.target, &sizing.uncapped})
    *amount = std::min(*amount, most);
  sizing.exact = std::min(sizing.exact, static_cast<double>(most));
}

void RaiseToOthers(Sizing& sizing, std::int64_t least) {
  sizing.reason.caps.push_back(Cap::kOtherNodesLeast);
  for (std::int64_t* amount : {&sizing.target, &sizing.upper, &sizing.uncapped})
    *amount = std::max(*amount, least);
  sizing.exact = std::max(sizing.exact, static_cast<double>(least));
}

void ApplyPolicy(Recommendation& recommendation, const Context& context) {
  if (context.whole_cpus) RoundToWholeCpus(recommendation.cpu);
  for (const Resource resource : {Resource::kCpu, Resource::kMemory}) {
    RaiseTo(recommendation.Of(resource), context.min_allowed.Of(resource), Cap::kMinAllowed);
    LowerTo(recommendation.Of(resource), context.max_allowed.Of(resource), Cap::kMaxAllowed);
  }
}

void ApplySurroundings(Recommendation& recommendation, const Context& context) {
  for (const Resource resource : {Resource::kCpu, Resource::kMemory}) {
    Sizing& sizing = recommendation.Of(resource);
    RaiseTo(sizing, context.limit_range_min.Of(resource), Cap::kLimitRangeMin);
    LowerTo(sizing, RequestUnder(context.limit_range_max.Of(resource), context, resource),
            Cap::kLimitRangeMax);
    LowerTo(sizing, context.quota_left.Of(resource), Cap::kQuota);
    LowerTo(sizing, context.node_allocatable.Of(resource), Cap::kNode);
    if (resource == Resource::kCpu) LowerTo(sizing, context.cpuset, Cap::kCpuset);
    if (context.limits == LimitPolicy::kRequestsOnly)
      LowerTo(sizing, context.limit.Of(resource), Cap::kLimit);
  }
}

void KeepGuaranteed(Recommendation& recommendation, const Context& context) {
  if (!context.guaranteed) return;
  if (context.limit.cpu > 0) recommendation.limit.cpu = recommendation.cpu.target;
  if (context.limit.memory > 0) recommendation.limit.memory = recommendation.memory.target;
}

std::int64_t SafeLimit(const Context& context, Resource resource, std::int64_t target) {
  const std::int64_t limit = context.limit.Of(resource);
  if (limit <= 0 || context.limits == LimitPolicy::kRequestsOnly) return limit;
  const std::int64_t reasonable =
      std::max(limit, std::min(target, std::numeric_limits<std::int64_t>::max() / kMostLimit) * kMostLimit);
  std::int64_t safe = std::min(ProportionalLimit(limit, context.request.Of(resource), target), reasonable);
  if (const std::int64_t node = context.node_allocatable.Of(resource); node > 0) safe = std::min(safe, node);
  return std::max(safe, target);
}

std::int64_t ProportionalLimit(std::int64_t limit, std::int64_t request, std::int64_t target) {
  if (limit <= 0) return 0;
  if (request <= 0 || limit == request) return target;
  __extension__ using Wide = __int128;
  const Wide scaled = Wide{limit} * target / request;
  return static_cast<std::int64_t>(std::min<Wide>(scaled, std::numeric_limits<std::int64_t>::max()));
}

}  // namespace loadline::collector
