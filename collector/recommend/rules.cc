#include "collector/recommend/rules.h"

#include <algorithm>

#include "collector/recommend/caps.h"
#include "schemas/base/saturating.h"

namespace loadline::collector {
namespace {

// The most that one container may ask for before the quota is spent. Never less than it has.
std::int64_t ShareOfQuota(std::optional<std::int64_t> left, std::int64_t request, int sharers) {
  if (!left) return 0;
  return std::max<std::int64_t>(
      1, SaturatingSum(request, std::max<std::int64_t>(0, *left) / std::max(1, sharers)));
}

// What counts against the highest of a pod: the limit that goes with the target, or without one the target.
std::int64_t LimitOf(const PodPart& part, Resource resource) {
  const std::int64_t target = part.recommendation->Of(resource).target;
  const std::int64_t limit = SafeLimit(*part.context, resource, target);
  return limit > 0 ? limit : target;
}

std::int64_t Scaled(std::int64_t amount, std::int64_t to, std::int64_t of) {
  __extension__ using Wide = __int128;
  return static_cast<std::int64_t>(Wide{amount} * to / of);
}

// All amounts of all parts, times to / of.
void Scale(std::span<const PodPart> parts, Resource resource, std::int64_t to, std::int64_t of, Cap cap) {
  for (const PodPart& part : parts) {
    Sizing& sizing = part.recommendation->Of(resource);
    const std::int64_t target = Scaled(sizing.target, to, of);
    sizing.lower = cap == Cap::kPodMin ? std::max(sizing.lower, target) : std::min(sizing.lower, target);
    sizing.upper = cap == Cap::kPodMin ? std::max(sizing.upper, target) : std::min(sizing.upper, target);
    sizing.target = target;
    sizing.reason.caps.push_back(cap);
    std::int64_t& limit =
        resource == Resource::kCpu ? part.recommendation->limit.cpu : part.recommendation->limit.memory;
    if (limit > 0 && part.context->limits == LimitPolicy::kKeepProportion) {
      limit = SafeLimit(*part.context, resource, target);
    }
  }
}

}  // namespace

void EnterRules(const WorkloadRules& rules, std::string_view container, int replicas, Context& context) {
  for (const WorkloadRules::Horizontal& scaling : rules.horizontal) {
    if (!scaling.container.empty() && scaling.container != container) continue;
    double& target = scaling.resource == Resource::kCpu ? context.hpa.cpu : context.hpa.memory;
    target = scaling.target_utilization;
  }
  context.limit_range_min = rules.container_bounds.least;
  context.limit_range_max = rules.container_bounds.most;
  const int sharers = std::max(1, replicas) * std::max(1, context.containers_in_pod);
  context.quota_left = {.cpu = ShareOfQuota(rules.cpu_quota_left, context.request.cpu, sharers),
                        .memory = ShareOfQuota(rules.memory_quota_left, context.request.memory, sharers)};
  context.node_allocatable = rules.node_rooms.Most();
}

void ApplyPodBounds(const AmountBounds& bounds, std::span<const PodPart> parts) {
  for (const Resource resource : {Resource::kCpu, Resource::kMemory}) {
    std::int64_t limits = 0;
    std::int64_t requests = 0;
    for (const PodPart& part : parts) {
      limits = SaturatingSum(limits, LimitOf(part, resource));
      requests = SaturatingSum(requests, part.recommendation->Of(resource).target);
    }
    const std::int64_t most = bounds.most.Of(resource);
    const std::int64_t least = bounds.least.Of(resource);
    if (most > 0 && limits > most) {
      Scale(parts, resource, most, limits, Cap::kPodMax);
    } else if (requests > 0 && requests < least) {
      Scale(parts, resource, least, requests, Cap::kPodMin);
    }
  }
}

void KeepOnNode(const NodeRooms& rooms, std::span<const PodPart> parts) {
  Amounts requests;
  for (const PodPart& part : parts) {
    requests.cpu = SaturatingSum(requests.cpu, part.recommendation->cpu.target);
    requests.memory = SaturatingSum(requests.memory, part.recommendation->memory.target);
  }
  const Amounts room = rooms.For(requests);
  for (const Resource resource : {Resource::kCpu, Resource::kMemory}) {
    const std::int64_t most = room.Of(resource);
    if (most > 0 && requests.Of(resource) > most)
      Scale(parts, resource, most, requests.Of(resource), Cap::kNode);
  }
}

}  // namespace loadline::collector
