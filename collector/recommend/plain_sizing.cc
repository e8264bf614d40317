#include "collector/recommend/plain_sizing.h"

#include <cmath>

namespace loadline::collector {
namespace {

constexpr double kNotWorthMoving = 0.1;

}  // namespace

Sizing PlainSizing(const ContainerUsage& usage, double exact, double observed) {
  Sizing sizing;
  sizing.exact = exact;
  sizing.target = sizing.uncapped = std::llround(std::ceil(exact));
  sizing.lower = std::llround(std::floor(exact * (1 - kNotWorthMoving)));
  sizing.upper = std::llround(std::ceil(exact * (1 + kNotWorthMoving)));
  sizing.reason.cause = observed > 0 ? Cause::kUsage : Cause::kNoData;
  sizing.reason.observed = std::llround(observed);
  sizing.reason.history_seconds = Seconds(usage.history());
  return sizing;
}

}  // namespace loadline::collector
