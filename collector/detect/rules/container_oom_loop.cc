// Restarting does not help, more memory would.
#include <fmt/format.h>

#include <algorithm>

#include "collector/detect/graph.h"
#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

constexpr Threshold<std::int64_t> kKills{"threshold", "So many OOM kills ...", 3, 2, 8};
constexpr Threshold<Duration> kWithin{"within", "... within so long.", std::chrono::minutes(10),
                                      std::chrono::seconds(10), kAnyTime};

void DetectContainerOomLoop(const ContainerSeen& seen, const RuleSettings& settings, Found& found) {
  const std::vector<Wall>& kills = seen.container.recent_kills;
  if (kills.empty()) return;
  const Duration within = settings.Of(kWithin);
  const auto is_lately = [&](Wall at) { return at > seen.cluster.evidence.wall - within; };
  const auto lately = std::ranges::count_if(kills, is_lately);
  if (lately < settings.Of(kKills)) return;
  const std::string window = FormatSeconds(Seconds(within));
  // More than the model remembers is "at least".
  const char* at_least = lately == static_cast<std::int64_t>(Container::kRecentKills) ? "at least " : "";
  found.Add(
      {.labels = seen.labels(),
       .summary = fmt::format("{} was OOM-killed {}{} times in {}", seen.who(), at_least, lately, window),
       .reason = fmt::format("{}{} OOM kills within {}, threshold {}. Starting again does not help; a "
                             "higher memory limit, or less use, would.",
                             at_least, lately, window, settings.Of(kKills)),
       .graph = MemoryGraph(seen.container.history),
       .keep = std::chrono::minutes(1)});
}

}  // namespace

Rule ContainerOomLoop() {
  return {.name = "ContainerOomLoop",
          .meaning = "Kill follows kill: starting again does not help.",
          .remedy = "Raise the memory limit now, or roll back what was deployed last.",
          .severity = Severity::kSev1,
          .thresholds = {kKills, kWithin},
          .example = {{"workload", "shop/Deployment/checkout"}, {"namespace", "shop"}, {"container", "app"}},
          .detect = DetectContainerOomLoop};
}

}  // namespace loadline::collector::rules
