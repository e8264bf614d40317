// It comes before an OOM kill, and slows the container where none comes.
#include <fmt/format.h>

#include "collector/detect/graph.h"
#include "collector/detect/rule.h"
#include "collector/model/names.h"

namespace loadline::collector::rules {
namespace {

constexpr Threshold<double> kShare{
    "threshold", "The share of time, over a minute, in which tasks waited for memory.", 0.1, 0.01, 1};
constexpr double kFewestSeconds = 20;  // a share of less would jump

void DetectContainerMemoryPressure(const ContainerSeen& seen, const RuleSettings& settings, Found& found) {
  const Replica* worst = nullptr;
  double most = 0;
  OneNode node;
  for (const ReplicaMinute& minute : seen.replicas) {
    if (minute.stalled <= 0 || minute.seconds < kFewestSeconds) continue;
    const double share = minute.stalled / minute.seconds;
    if (share < settings.Of(kShare)) continue;
    node.Add(minute.replica->node);
    if (share <= most) continue;
    most = share;
    worst = minute.replica;
  }
  if (worst == nullptr) return;
  const Model& model = seen.cluster.evidence.model;
  const Bytes limit = worst->limits.memory_limit;
  found.Add({.labels = seen.labels(),
             .summary = fmt::format("{} waits for memory {:.0f} % of the time on {}", seen.who(), most * 100,
                                    PlaceOf(model.nodes()[worst->node].name, worst->pod)),
             .reason = fmt::format("In {:.0f} % of the last minute some task waited for memory (PSI some), "
                                   "threshold {:.0f} %; {} in use{}.",
                                   most * 100, settings.Of(kShare) * 100, FormatBytes(worst->memory.current),
                                   limit > 0 ? ", limit " + FormatBytes(limit) : ""),
             .graph = MemoryGraph(seen.container.history),
             .keep = std::chrono::minutes(1),
             .node = node.Name(model)});
}

}  // namespace

Rule ContainerMemoryPressure() {
  return {.name = "ContainerMemoryPressure",
          .meaning = "Tasks of the container wait for memory.",
          .remedy = "Raise the memory limit, or look for what grew.",
          .severity = Severity::kSev2,
          .hold = std::chrono::minutes(1),
          .thresholds = {kShare},
          .example = {{"workload", "shop/Deployment/checkout"}, {"namespace", "shop"}, {"container", "app"}},
          .detect = DetectContainerMemoryPressure};
}

}  // namespace loadline::collector::rules
