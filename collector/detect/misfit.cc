#include "collector/detect/misfit.h"

#include <fmt/format.h>

#include <memory>

#include "collector/detect/graph.h"
#include "collector/model/view.h"

namespace loadline::collector {

std::vector<Request> RequestsOf(const ContainerSeen& seen, Duration sizes_after) {
  const auto& advice = seen.container.advice;
  if (advice == nullptr || seen.container.replicas.empty()) return {};
  if (advice->HistorySeconds() < Seconds(sizes_after)) return {};
  std::vector<Request> requests;
  for (const Resource resource : {Resource::kCpu, Resource::kMemory}) {
    if (const std::int64_t request = advice->request.Of(resource); request > 0)
      requests.push_back({resource, request, &advice->recommendation.Of(resource)});
  }
  return requests;
}

Condition Misfit(const ContainerSeen& seen, const Request& asked, const std::string& threshold) {
  const bool is_cpu = asked.resource == Resource::kCpu;
  const auto words = [&](std::int64_t amount) { return is_cpu ? FormatCpu(amount) : FormatBytes(amount); };
  const Sizing& sizing = *asked.sizing;
  const std::shared_ptr<const RecommendationView> shown = RecommendationOf(seen.container);
  Condition condition{
      .labels = seen.labels(),
      .summary = fmt::format("{}: {} request {}, recommended {}", seen.who(), is_cpu ? "CPU" : "memory",
                             words(asked.request), words(sizing.target)),
      .reason = fmt::format("The request is {}, the acceptable range {} to {}; threshold: {}. {}",
                            words(asked.request), words(sizing.lower), words(sizing.upper), threshold,
                            (is_cpu ? shown->cpu : shown->memory).reason),
      .graph = is_cpu ? CpuGraph(seen.container.history) : MemoryGraph(seen.container.history),
      // The advice is made anew each minute, and may waver at the threshold.
      .keep = std::chrono::minutes(10)};
  condition.labels["resource"] = Name(asked.resource);
  return condition;
}

}  // namespace loadline::collector
