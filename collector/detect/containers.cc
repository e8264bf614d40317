// Throttling and memory pressure of containers, over the windows of the last minute.
#include <fmt/format.h>

#include <algorithm>

#include "collector/detect/detect.h"
#include "collector/detect/graph.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kFewestPeriods = 100;
// Six windows, and the time one may take to get here. What is older is no longer "now".
constexpr Duration kLastMinute = 75s;

struct Minute {
  std::uint64_t periods = 0;
  std::uint64_t throttled = 0;
  double seconds = 0;
  double stalled = 0;  // waiting for memory
};

Minute LastMinute(const Replica& replica, Wall now) {
  Minute minute;
  const auto since = static_cast<std::uint32_t>((now - kLastMinute).time_since_epoch() / 1s);
  for (const RecentWindows::Window& window : replica.recent.windows()) {
    if (window.end_s <= since) continue;
    minute.periods += window.periods;
    minute.throttled += window.throttled_periods;
    minute.seconds += window.length_ms / 1000.0;
    minute.stalled += window.memory_stall_ms / 1000.0;
  }
  return minute;
}

Condition ConditionOf(const Model& model, const Container& container) {
  const Workload& workload = model.workloads()[container.workload];
  return {.rule = {},
          .labels = ContainerLabels(workload.id, workload.namespace_name, container.name),
          .summary = Described(workload.id, container.name)};
}

}  // namespace

void DetectThrottling(const Evidence& evidence, const DetectConfig& config, std::vector<Condition>& found) {
  const Model& model = evidence.model;
  model.containers().ForEach([&](ContainerId, const Container& container) {
    Minute all;
    MilliCores limit = 0;
    for (const ReplicaId id : container.replicas) {
      const Minute minute = LastMinute(model.replicas()[id], evidence.wall);
      all.periods += minute.periods;
      all.throttled += minute.throttled;
      limit = std::max(limit, model.replicas()[id].limits.cpu_limit);
    }
    if (all.periods < kFewestPeriods) return;
    const double share = static_cast<double>(all.throttled) / static_cast<double>(all.periods);
    if (share < config.throttled_share) return;
    Condition condition = ConditionOf(model, container);
    condition.rule = "ContainerThrottled";
    condition.severity = Severity::kSev3;
    condition.summary += fmt::format(" is throttled in {:.0f} % of its CPU periods", share * 100);
    if (limit > 0) condition.summary += fmt::format(" (limit {})", FormatCpu(limit));
    condition.reason =
        fmt::format("{} of {} CPU periods of the last minute were throttled: {:.0f} %, threshold {:.0f} %.",
                    all.throttled, all.periods, share * 100, config.throttled_share * 100);
    condition.graph = ThrottlingGraph(container.history);
    condition.keep = 1min;
    found.push_back(std::move(condition));
  });
}

void DetectMemoryPressure(const Evidence& evidence, const DetectConfig& config,
                          std::vector<Condition>& found) {
  const Model& model = evidence.model;
  model.containers().ForEach([&](ContainerId, const Container& container) {
    double worst = 0;
    const Replica* worst_replica = nullptr;
    for (const ReplicaId id : container.replicas) {
      const Minute minute = LastMinute(model.replicas()[id], evidence.wall);
      // A share of a few seconds would jump.
      if (minute.seconds < 20) continue;
      if (const double share = minute.stalled / minute.seconds; share > worst) {
        worst = share;
        worst_replica = &model.replicas()[id];
      }
    }
    if (worst_replica == nullptr || worst < config.memory_pressure_share) return;
    Condition condition = ConditionOf(model, container);
    condition.rule = "ContainerMemoryPressure";
    condition.severity = Severity::kSev2;
    condition.summary += fmt::format(" waits for memory {:.0f} % of the time on {}", worst * 100,
                                     model.nodes()[worst_replica->node].name);
    condition.reason = fmt::format(
        "In {:.0f} % of the last minute some task waited for memory (PSI some), threshold {:.0f} %; {} in "
        "use{}.",
        worst * 100, config.memory_pressure_share * 100, FormatBytes(worst_replica->memory.current),
        worst_replica->limits.memory_limit > 0 ? ", limit " + FormatBytes(worst_replica->limits.memory_limit)
                                               : "");
    condition.graph = MemoryGraph(container.history);
    condition.keep = 1min;
    found.push_back(std::move(condition));
  });
}

}  // namespace loadline::collector
