#include "collector/recommend/version_growth.h"

#include <algorithm>

namespace loadline::collector {
namespace {

constexpr double kKnownSeconds = 3600;
constexpr double kBusy = 0.95;
constexpr double kNoise = 1.02;  // a bucket
constexpr double kMost = 1.25;

}  // namespace

double TimesAsBusy(const CpuProfile& running, const CpuProfile& all) {
  if (running.minutes().span().total < kKnownSeconds) return 1;
  const double before = all.minutes().Quantile(kBusy);
  if (before <= 0) return 1;
  const double times = running.minutes().Quantile(kBusy) / before;
  return times > kNoise ? std::min(times, kMost) : 1;
}

}  // namespace loadline::collector
