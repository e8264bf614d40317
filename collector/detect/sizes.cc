// What the sizes of containers will come to: leaks, and requests that do not fit what is needed.
#include <fmt/format.h>

#include <cmath>

#include "collector/detect/detect.h"
#include "collector/detect/graph.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

struct Sized {
  const Workload& workload;
  const Container& container;
  const RecommendationView& advice;
};

Condition ConditionOf(const Sized& sized, const char* rule) {
  return {.rule = rule,
          .labels = ContainerLabels(sized.workload.id, sized.workload.namespace_name, sized.container.name),
          .summary = Described(sized.workload.id, sized.container.name),
          // The advice is made anew each minute, and may waver at the threshold.
          .keep = 10min};
}

std::string CpuText(std::int64_t amount) {
  return FormatCpu(amount);
}
std::string MemoryText(std::int64_t amount) {
  return FormatBytes(amount);
}

void DetectLeak(const Sized& sized, const DetectConfig& config, std::vector<Condition>& found) {
  const auto& leak = sized.advice.leak;
  if (!leak || leak->seconds_to_limit > Seconds(config.leak_within)) return;
  Condition condition = ConditionOf(sized, "ContainerLeak");
  const std::string left = FormatSeconds(leak->seconds_to_limit);
  condition.summary += fmt::format(" leaks {} a day and meets its memory limit in {}",
                                   FormatBytes(std::llround(leak->bytes_per_day)), left);
  condition.reason = fmt::format(
      "Its memory has grown steadily by {} a day for at least two days; at that pace the limit{} is met in "
      "{}, "
      "threshold {}.",
      FormatBytes(std::llround(leak->bytes_per_day)),
      sized.advice.memory.current_limit ? " of " + FormatBytes(*sized.advice.memory.current_limit) : "", left,
      FormatSeconds(Seconds(config.leak_within)));
  condition.graph = MemoryGraph(sized.container.history);
  found.push_back(std::move(condition));
}

// One resource whose request does not fit. `words` writes an amount.
void DetectMisfit(const Sized& sized, const DetectConfig& config, const char* resource,
                  const ResourceAdvice& advice, std::string (*words)(std::int64_t),
                  std::vector<Condition>& found) {
  if (!advice.current_request) return;
  const std::int64_t request = *advice.current_request;
  const bool under = static_cast<double>(advice.lower) > static_cast<double>(request) * config.under_factor;
  const bool over = static_cast<double>(request) > static_cast<double>(advice.upper) * config.over_factor;
  if (!under && !over) return;
  Condition condition = ConditionOf(sized, under ? "ContainerUnderProvisioned" : "ContainerOverProvisioned");
  condition.labels["resource"] = resource;
  condition.summary +=
      fmt::format(" asks for {} of {} and needs {}", words(request), resource, words(advice.target));
  condition.reason = fmt::format(
      "The request is {}, what it needs lies between {} and {}; threshold: {} times the {} end. {}",
      words(request), words(advice.lower), words(advice.upper),
      under ? fmt::format("1/{:g}", config.under_factor) : fmt::format("{:g}", config.over_factor),
      under ? "lower" : "upper", advice.reason);
  condition.graph = std::string_view(resource) == "cpu" ? CpuGraph(sized.container.history)
                                                        : MemoryGraph(sized.container.history);
  found.push_back(std::move(condition));
}

}  // namespace

void DetectSizes(const Evidence& evidence, const DetectConfig& config, std::vector<Condition>& found) {
  const Model& model = evidence.model;
  model.containers().ForEach([&](ContainerId, const Container& container) {
    if (container.recommendation == nullptr || container.replicas.empty()) return;
    const Sized sized{model.workloads()[container.workload], container, *container.recommendation};
    DetectLeak(sized, config, found);
    if (sized.advice.history_seconds < Seconds(config.sizes_after)) return;
    DetectMisfit(sized, config, "cpu", sized.advice.cpu, CpuText, found);
    DetectMisfit(sized, config, "memory", sized.advice.memory, MemoryText, found);
  });
}

}  // namespace loadline::collector
