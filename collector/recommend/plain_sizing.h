// A sizing of algorithms that name one amount and no bounds.
#pragma once

#include "collector/advice/recommendation.h"
#include "collector/usage/container_usage.h"

namespace loadline::collector {

// `exact` as target, and as bounds a tenth around it: what lies within is not worth moving. `observed` is
// what decided, both in the units of the recommendation; nothing observed is no reason.
Sizing PlainSizing(const ContainerUsage& usage, double exact, double observed);

}  // namespace loadline::collector
