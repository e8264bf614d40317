#include <fmt/format.h>

#include <algorithm>

#include "collector/detect/graph.h"
#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

// A quarter is where latency shows: of requests that take one period, one in four waits for the next.
constexpr Threshold<double> kShare{
    "threshold", "The share of CPU periods, over a minute, in which the limit stopped the container.", 0.25,
    0.01, 1};
// 10 s of running. One throttled period of two is no fault.
constexpr std::uint64_t kFewestPeriods = 100;

std::string Whose(const LimitAt& limit) {
  if (limit.amount == 0) return "";
  switch (limit.level) {
    case LimitLevel::kContainer:
      return fmt::format(" (limit {})", FormatCpu(limit.amount));
    case LimitLevel::kPod:
      return fmt::format(" by the pod's limit {}", FormatCpu(limit.amount));
    case LimitLevel::kSlice:
      return fmt::format(" by the limit {} of a slice", FormatCpu(limit.amount));
  }
  return "";
}

void Detect(const ContainerSeen& seen, const RuleSettings& settings, Found& found) {
  std::uint64_t periods = 0;
  std::uint64_t throttled = 0;
  for (const ReplicaMinute& minute : seen.replicas) {
    periods += minute.periods;
    throttled += minute.throttled;
  }
  if (periods < kFewestPeriods) return;
  const double threshold = settings.Of(kShare);
  const double share = static_cast<double>(throttled) / static_cast<double>(periods);
  if (share < threshold) return;
  LimitAt limit;  // the highest
  OneNode node;
  for (const ReplicaMinute& minute : seen.replicas) {
    if (minute.throttled == 0) continue;
    if (minute.replica->throttled_by.amount > limit.amount) limit = minute.replica->throttled_by;
    node.Add(minute.replica->node);
  }
  found.Add({.labels = seen.labels(),
             .summary = fmt::format("{} is throttled in {:.0f} % of its CPU periods{}", seen.who(),
                                    share * 100, Whose(limit)),
             .reason = fmt::format(
                 "{} of {} CPU periods of the last minute were throttled: {:.0f} %, threshold {:.0f} %.",
                 throttled, periods, share * 100, threshold * 100),
             .graph = ThrottlingGraph(seen.container.history),
             .keep = std::chrono::minutes(1),
             .node = node.Name(seen.cluster.evidence.model)});
}

}  // namespace

Rule ContainerThrottled() {
  return {.name = "ContainerThrottled",
          .meaning = "The CPU limit stops the container in a large share of its periods.",
          .remedy = "Raise or remove the CPU limit; `loadlinectl why` says to what.",
          .severity = Severity::kSev3,
          .hold = std::chrono::seconds(30),
          .thresholds = {kShare},
          .example = {{"workload", "shop/Deployment/checkout"}, {"namespace", "shop"}, {"container", "app"}},
          .detect = Detect};
}

}  // namespace loadline::collector::rules
