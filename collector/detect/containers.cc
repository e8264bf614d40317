// Throttling and memory pressure of containers, over the windows of the last minute.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

#include "collector/detect/detect.h"
#include "collector/detect/graph.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kFewestPeriods = 100;
constexpr double kFewestSeconds = 20;  // a share of less would jump
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

// The one node of several replicas, if it is one.
class OneNode {
 public:
  void Add(NodeId node) {
    several_ = several_ || (node_ && *node_ != node);
    node_ = node;
  }
  [[nodiscard]] std::string Name(const Model& model) const {
    return node_ && !several_ ? model.nodes()[*node_].name : "";
  }

 private:
  std::optional<NodeId> node_;
  bool several_ = false;
};

// What the replicas of one container suffered in the last minute, and where those that did are.
struct Suffering {
  std::uint64_t periods = 0;
  std::uint64_t throttled = 0;
  MilliCores limit = 0;      // the highest
  double worst_stalled = 0;  // share of the time
  const Replica* worst = nullptr;
  OneNode throttled_on{};
  OneNode stalled_on{};
};

// Each replica's windows are read once: with many containers this is memory that no cache holds.
Suffering SufferingOf(const Model& model, const Container& container, Wall now, double stalled_threshold) {
  Suffering all;
  for (const ReplicaId id : container.replicas) {
    const Replica& replica = model.replicas()[id];
    const Minute minute = LastMinute(replica, now);
    all.periods += minute.periods;
    all.throttled += minute.throttled;
    all.limit = std::max(all.limit, replica.limits.cpu_limit);
    if (minute.throttled > 0) all.throttled_on.Add(replica.node);
    if (minute.seconds < kFewestSeconds) continue;
    const double share = minute.stalled / minute.seconds;
    if (share >= stalled_threshold) all.stalled_on.Add(replica.node);
    if (share > all.worst_stalled) {
      all.worst_stalled = share;
      all.worst = &replica;
    }
  }
  return all;
}

std::optional<Condition> Throttled(const Model& model, const Container& container, const Suffering& all,
                                   double threshold) {
  if (all.periods < kFewestPeriods) return std::nullopt;
  const double share = static_cast<double>(all.throttled) / static_cast<double>(all.periods);
  if (share < threshold) return std::nullopt;
  Condition condition = ConditionOf(model, container);
  condition.rule = "ContainerThrottled";
  condition.node = all.throttled_on.Name(model);
  condition.severity = Severity::kSev3;
  condition.summary += fmt::format(" is throttled in {:.0f} % of its CPU periods", share * 100);
  if (all.limit > 0) condition.summary += fmt::format(" (limit {})", FormatCpu(all.limit));
  condition.reason =
      fmt::format("{} of {} CPU periods of the last minute were throttled: {:.0f} %, threshold {:.0f} %.",
                  all.throttled, all.periods, share * 100, threshold * 100);
  condition.graph = ThrottlingGraph(container.history);
  condition.keep = 1min;
  return condition;
}

std::optional<Condition> ShortOfMemory(const Model& model, const Container& container, const Suffering& all,
                                       double threshold) {
  if (all.worst == nullptr || all.worst_stalled < threshold) return std::nullopt;
  Condition condition = ConditionOf(model, container);
  condition.rule = "ContainerMemoryPressure";
  condition.node = all.stalled_on.Name(model);
  condition.severity = Severity::kSev2;
  condition.summary += fmt::format(" waits for memory {:.0f} % of the time on {}", all.worst_stalled * 100,
                                   PlaceOf(model.nodes()[all.worst->node].name, all.worst->pod));
  const std::uint64_t limit = all.worst->limits.memory_limit;
  condition.reason = fmt::format(
      "In {:.0f} % of the last minute some task waited for memory (PSI some), threshold {:.0f} %; {} in "
      "use{}.",
      all.worst_stalled * 100, threshold * 100, FormatBytes(all.worst->memory.current),
      limit > 0 ? ", limit " + FormatBytes(limit) : "");
  condition.graph = MemoryGraph(container.history);
  condition.keep = 1min;
  return condition;
}

}  // namespace

void DetectContainers(const Evidence& evidence, const DetectConfig& config, std::vector<Condition>& found) {
  const Model& model = evidence.model;
  model.containers().ForEach([&](ContainerId, const Container& container) {
    const Suffering all = SufferingOf(model, container, evidence.wall, config.memory_pressure_share);
    if (auto throttled = Throttled(model, container, all, config.throttled_share))
      found.push_back(*std::move(throttled));
    if (auto short_of = ShortOfMemory(model, container, all, config.memory_pressure_share))
      found.push_back(*std::move(short_of));
  });
}

}  // namespace loadline::collector
