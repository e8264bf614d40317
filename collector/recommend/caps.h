// Bounds that come from outside the usage: floors, policies, quotas, nodes.
#pragma once

#include "collector/advice/recommendation.h"
#include "collector/recommend/context.h"

namespace loadline::collector {

// The next multiple of `scale` at or above a value; the value itself for scales up to 1.
std::int64_t RoundUpTo(std::int64_t value, std::int64_t scale);

// The smallest request of one container: the context's pod floor, or else `usual`, divided by the pod's
// containers, cut.
std::int64_t ContainerFloor(const Context& context, const Amounts& usual, Resource resource);

// Raises all amounts to the floor; notes it when the target moved.
void ApplyFloor(Sizing& sizing, std::int64_t floor);

// Whole CPUs, then the user's policy, in upstream's order: uncapped is rounded, but never capped.
void ApplyPolicy(Recommendation& recommendation, const Context& context);

// What the other nodes allow where one alone says more; notes it. The upper bound is left to the caller.
void LowerToOthers(Sizing& sizing, std::int64_t most);
// And where it says less.
void RaiseToOthers(Sizing& sizing, std::int64_t least);

// LimitRange, quota, largest node, CPUs that it may run on, and a limit that stays: what the namespace and the cluster allow.
void ApplySurroundings(Recommendation& recommendation, const Context& context);

// A Guaranteed pod stays so, whatever the algorithm makes of limits: both are the target.
void KeepGuaranteed(Recommendation& recommendation, const Context& context);

// The limit that goes with a request of `target`: the present proportion kept. No limit stays none; without a
// present request the limit is the request.
std::int64_t ProportionalLimit(std::int64_t limit, std::int64_t request, std::int64_t target);

// A limit that is safe to apply with a request of `target`: in proportion, but raised to no more than four times the
// request and no further than the largest node, for a request of 10m with a limit of 4000m says nothing about the
// proportion that one of 1000m should have. The present limit is no more than that already, or may stay.
//   request 100m, limit 200m:   of 300m 600m
//   request 10m, limit 4000m:   of 900m 4000m, of 1500m 6000m
std::int64_t SafeLimit(const Context& context, Resource resource, std::int64_t target);

}  // namespace loadline::collector
