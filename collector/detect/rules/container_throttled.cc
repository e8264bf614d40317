#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "collector/detect/graph.h"
#include "collector/detect/rule.h"
#include "schemas/base/units.h"

namespace loadline::collector::rules {
namespace {

// A quarter is where latency shows: of requests that take one period, one in four waits for the next.
constexpr Threshold<double> kShare{
    "threshold", "The share of CPU periods, over a minute, in which the limit stopped the container.", 0.25,
    0.01, 1};
// An exporter that works for a moment now and then is stopped in most of its periods, and nobody waits for it. It
// matters to who needs what the limit gives, or stands still for much of the time.
constexpr Threshold<double> kUsed{
    "used", "The share of the limit that is used, from which on throttling matters. 0: it always does.", 0.5,
    0, 1};
constexpr Threshold<double> kStopped{
    "stopped",
    "The time stopped, over a minute and summed over CPUs, from which on it matters whatever is used.", 0.5,
    0.01, 1000};
// 10 s of running. One throttled period of two is no fault.
constexpr std::uint64_t kFewestPeriods = 100;

// Replicas taken together.
struct Throttling {
  std::uint64_t periods = 0;
  std::uint64_t throttled = 0;
  double seconds = 0;
  double stopped = 0;
  double used = 0;
  double allowed = 0;          // CPU seconds, by the limits that stop them; 0: not known
  LimitAt limit;               // the highest of these
  std::uint32_t burst_us = 0;  // that one may use beyond it in a period

  void Add(const ReplicaMinute& minute) {
    periods += minute.periods;
    throttled += minute.throttled;
    seconds += minute.seconds;
    stopped += minute.stopped;
    used += minute.used;
    if (minute.throttled == 0) return;
    const LimitAt& by = minute.replica->throttled_by;
    allowed += static_cast<double>(by.amount) / 1000 * minute.seconds;
    if (by.amount > limit.amount) limit = by;
    burst_us = std::max(burst_us, minute.replica->cpu_bounds.burst_us);
  }
  [[nodiscard]] double Share() const {
    return periods == 0 ? 0 : static_cast<double>(throttled) / static_cast<double>(periods);
  }
  // By who is heard of; a limit that is not known may be used up.
  [[nodiscard]] double UsedShare() const { return allowed > 0 ? used / allowed : 1; }
  [[nodiscard]] double StoppedShare() const { return seconds > 0 ? stopped / seconds : 0; }
  [[nodiscard]] MilliCores Used() const {
    return seconds > 0 ? static_cast<MilliCores>(std::lround(used / seconds * 1000)) : 0;
  }
};

// "; 86m of its limit 100m are used"
std::string UseWords(const Throttling& held) {
  if (held.limit.amount == 0) return "";
  static constexpr const char* kWhose[] = {"its limit", "the pod's limit", "the slice's limit"};
  return fmt::format("; {} of {} {} are used", FormatCpu(held.Used()),
                     kWhose[static_cast<int>(held.limit.level)], FormatCpu(held.limit.amount));
}

// What it saved up is used before it is throttled, and none of these periods is counted.
std::string BurstWords(const Throttling& held) {
  if (held.burst_us == 0) return "";
  return fmt::format(" Bursts of up to {} beyond the limit are allowed in a period, and are not among these.",
                     FormatSeconds(held.burst_us * 1e-6));
}

std::string Percent(double share) {
  return fmt::format("{:.0f} %", share * 100);
}

void DetectContainerThrottled(const ContainerSeen& seen, const RuleSettings& settings, Found& found) {
  const double threshold = settings.Of(kShare);
  Throttling all;
  Throttling held;  // of those that are: an idle replica says nothing of a busy one
  OneNode node;
  for (const ReplicaMinute& minute : seen.replicas) {
    all.Add(minute);
    if (minute.throttled == 0) continue;
    node.Add(minute.replica->node);
    Throttling one;
    one.Add(minute);
    if (one.Share() >= threshold) held.Add(minute);
  }
  if (all.periods < kFewestPeriods || all.Share() < threshold) return;
  const double used = settings.Of(kUsed);
  const double stopped = settings.Of(kStopped);
  if (held.UsedShare() < used && held.StoppedShare() < stopped) return;
  found.Add(
      {.labels = seen.labels(),
       .summary = fmt::format("{} is throttled in {} of its CPU periods{}", seen.who(), Percent(all.Share()),
                              UseWords(held)),
       .reason = fmt::format(
           "{} of {} CPU periods of the last minute were throttled: {}, threshold {}. Used is {} of "
           "the limit, "
           "threshold {}; stopped it was for {} of the time, summed over CPUs, threshold {}.{}",
           all.throttled, all.periods, Percent(all.Share()), Percent(threshold), Percent(held.UsedShare()),
           Percent(used), Percent(held.StoppedShare()), Percent(stopped), BurstWords(held)),
       .graph = ThrottlingGraph(seen.container.history),
       .keep = std::chrono::minutes(1),
       .node = node.Name(seen.cluster.evidence.model)});
}

}  // namespace

Rule ContainerThrottled() {
  return {.name = "ContainerThrottled",
          .meaning = "The CPU limit stops the container in many of its periods, and what it gives is needed.",
          .remedy = "Raise or remove the CPU limit; `loadlinectl why` says to what.",
          .severity = Severity::kSev3,
          .hold = std::chrono::minutes(15),
          .thresholds = {kShare, kUsed, kStopped},
          .example = {{"workload", "shop/Deployment/checkout"}, {"namespace", "shop"}, {"container", "app"}},
          .detect = DetectContainerThrottled};
}

}  // namespace loadline::collector::rules
