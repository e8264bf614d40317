// What was decided for a container, in the words of people: the one place that makes sentences of it.
#pragma once

#include <memory>

#include "collector/advice/advice.h"
#include "collector/snapshot/snapshot.h"

namespace loadline::collector {

std::shared_ptr<const RecommendationView> InWords(const Advice& advice);

}  // namespace loadline::collector
