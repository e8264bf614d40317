// The recommendation saw memory grow steadily for days, and the limit is met soon at that pace.
#include <fmt/format.h>

#include <cmath>

#include "collector/advice/advice.h"
#include "collector/detect/graph.h"
#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

constexpr Threshold<Duration> kWithin{"within",
                                      "The limit is met within so long, at the pace of the last days.",
                                      std::chrono::hours(24 * 7), std::chrono::minutes(1), kAnyTime};

void DetectContainerLeak(const ContainerSeen& seen, const RuleSettings& settings, Found& found) {
  const auto& advice = seen.container.advice;
  if (advice == nullptr || seen.container.replicas.empty()) return;
  const Reason& memory = advice->recommendation.memory.reason;
  const Duration within = settings.Of(kWithin);
  if (memory.cause != Cause::kLeak || memory.seconds_to_limit > Seconds(within)) return;
  const std::string pace = FormatBytes(std::llround(memory.growth_per_day));
  const std::string left = FormatSeconds(memory.seconds_to_limit);
  const Bytes limit = advice->limit.memory;
  found.Add(
      {.labels = seen.labels(),
       .summary = fmt::format("{} leaks {} a day and meets its memory limit in {}", seen.who(), pace, left),
       .reason = fmt::format("Its memory has grown steadily by {} a day for at least two days; at that "
                             "pace the limit{} is met in {}, threshold {}.",
                             pace, limit > 0 ? " of " + FormatBytes(limit) : "", left,
                             FormatSeconds(Seconds(within))),
       .graph = MemoryGraph(seen.container.history),
       // The advice is made anew each minute, and may waver at the threshold.
       .keep = std::chrono::minutes(10)});
}

}  // namespace

Rule ContainerLeak() {
  return {.name = "ContainerLeak",
          .meaning = "Memory has grown for days and reaches the limit at this pace.",
          .remedy = "Have the owner look for a leak; restart it at a quiet time before the limit is met.",
          .severity = Severity::kSev3,
          .hold = std::chrono::minutes(10),
          .thresholds = {kWithin},
          .example = {{"workload", "shop/Deployment/checkout"}, {"namespace", "shop"}, {"container", "app"}},
          .detect = DetectContainerLeak};
}

}  // namespace loadline::collector::rules
