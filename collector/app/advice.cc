#include "collector/app/advice.h"

#include <algorithm>
#include <utility>

namespace loadline::collector {
namespace {

// What all replicas must have while they share one template: of each resource the neediest group's.
Recommendation ForAll(const WorkloadRecommendation& answer) {
  Recommendation all = Neediest(answer.groups, Resource::kCpu).recommendation;
  const Recommendation& memory = Neediest(answer.groups, Resource::kMemory).recommendation;
  all.memory = memory.memory;
  all.limit.memory = memory.limit.memory;
  return all;
}

// How much of what is known was not measured here.
std::optional<Duration> TakenOver(std::span<const Instance> instances) {
  const auto found = std::ranges::find_if(instances, &Instance::of_every_class);
  return found == instances.end() ? std::nullopt : std::optional(found->usage->history());
}

std::vector<OddReplica> OddReplicasOf(const AdvisedContainer& advised) {
  std::vector<OddReplica> all;
  for (const Outlier& found : advised.answer.outliers) {
    if (found.instance >= advised.places.size()) continue;
    OddReplica odd = advised.places[found.instance];
    odd.resource = found.resource;
    odd.times_the_median = found.times_the_median;
    odd.killed = found.killed;
    odd.times_the_others = found.times_the_others;
    all.push_back(std::move(odd));
  }
  return all;
}

std::vector<ClassAdvice> NodeClassesOf(const AdvisedContainer& advised) {
  std::vector<ClassAdvice> classes;
  const auto& groups = advised.answer.groups;
  if (groups.size() < 2) return classes;
  for (const WorkloadGroup& group : groups) {
    const auto running =
        std::ranges::count_if(group.members, [&](std::size_t i) { return !advised.instances[i].gone; });
    classes.push_back({group.node_class, static_cast<std::uint32_t>(running), group.recommendation});
  }
  return classes;
}

}  // namespace

std::shared_ptr<Advice> AdviceOf(const Algorithm& algorithm, const AdvisedContainer& advised) {
  auto advice = std::make_shared<Advice>();
  advice->algorithm = algorithm.name();
  advice->recommendation = ForAll(advised.answer);
  advice->request = advised.context.request;
  advice->limit = advised.context.limit;
  int replicas = 0;
  for (const Instance& instance : advised.instances) {
    advice->samples += static_cast<std::uint64_t>(instance.usage->vpa().samples());
    advice->oom_kills += instance.usage->ooms().size();
    replicas += instance.gone ? 0 : 1;
  }
  advice->taken_over = TakenOver(advised.instances);
  if (advised.price != nullptr) {
    advice->dollars_per_month =
        SavingOf(advice->recommendation, advised.context, replicas, advised.price).dollars_per_month;
  }
  advice->node_classes = NodeClassesOf(advised);
  advice->odd_replicas = OddReplicasOf(advised);
  return advice;
}

}  // namespace loadline::collector
