#include "collector/app/workload_sizing.h"

#include <map>
#include <span>

#include "collector/app/advice.h"
#include "collector/kube_objects/pod_metrics.h"
#include "collector/model/view.h"
#include "collector/recommend/caps.h"
#include "collector/recommend/prices.h"
#include "collector/recommend/scale_point.h"
#include "collector/usage/claims.h"

namespace loadline::collector {
namespace {

// One container of the pod.
struct Part {
  ContainerId id = 0;
  Context context;
  std::vector<Instance> instances;  // the container's replicas in their order, then what is gone
  WorkloadRecommendation answer;
  bool before_others = false;  // an init container: what it asks for is free when the others begin
};

bool IsOfKind(const Container& container, ContainerKind kind) {
  return container.last_spec && container.last_spec->kind == kind;
}

// Those that are sized, and how many of them run beside one another.
struct OfPod {
  std::vector<ContainerId> containers;
  int together = 0;
};

OfPod ContainersOf(const Model& model, const Workload& workload) {
  OfPod of_pod;
  for (const ContainerId id : workload.containers) {
    const Container& container = model.containers()[id];
    if (!WorkloadSizing::Sizes(model, container)) continue;
    of_pod.containers.push_back(id);
    of_pod.together += IsOfKind(container, ContainerKind::kInit) ? 0 : 1;
  }
  return of_pod;
}

std::vector<Instance> InstancesOf(const Model& model, const Workload& workload, const Container& container) {
  std::vector<Instance> instances;
  instances.reserve(container.replicas.size() + 1);
  bool classed = !container.class_pasts.empty();
  for (const ReplicaId id : container.replicas) {
    const Replica& replica = model.replicas()[id];
    const Node& node = model.nodes()[replica.node];
    // What the cluster itself tells is no one node's word.
    Instance instance{.usage = &replica.usage,
                      .teller = node.name == kMetricsSource ? 0 : TellerOf(node.name)};
    if (workload.SizedByNodeClass()) instance.node_class = node.Class();
    classed = classed || !instance.node_class.empty();
    instances.push_back(std::move(instance));
  }
  for (const Container::ClassPast& past : container.class_pasts) {
    instances.push_back({.node_class = past.node_class, .usage = &past.usage, .gone = true});
  }
  // Of unknown machines it tells nothing about those of one class.
  if (container.past != nullptr && !classed)
    instances.push_back({.usage = container.past.get(), .gone = true});
  if (container.taken_over != nullptr)
    instances.push_back({.usage = container.taken_over.get(), .gone = true, .of_every_class = true});
  return instances;
}

// Where the replicas run, for those that are to be named.
std::vector<OddReplica> PlacesOf(const Model& model, const Container& container) {
  std::vector<OddReplica> places;
  for (const ReplicaId id : container.replicas) {
    const Replica& replica = model.replicas()[id];
    places.push_back({.node = model.nodes()[replica.node].name, .cgroup = replica.path, .pod = replica.pod});
  }
  return places;
}

// What its pod's spec says beyond amounts.
void Obey(const ContainerSpec& spec, Context& context) {
  context.heap.max_heap = spec.max_heap;
  context.min_allowed = spec.policy.least;
  context.max_allowed = spec.policy.most;
  context.knob = spec.policy.knob.value_or(context.knob);
  if (spec.policy.limits_stay) context.limits = LimitPolicy::kRequestsOnly;
}

Context ContextOf(const Model& model, const Container& container, int containers_in_pod,
                  const RecommendConfig& config) {
  const ReplicaSize size = SizeOf(model, container);
  Context context;
  context.request = size.request;
  context.limit = size.limit;
  const LimitAt memory = EffectiveLimitsOf(model, container).memory;
  if (memory.level == LimitLevel::kPod) context.pod_memory_limit = memory.amount;
  context.guaranteed = size.qos == wire::QosClass::kGuaranteed;
  context.cpuset = CpusetOf(model, container);
  // The static CPU manager gives CPUs of its own to who asks for whole ones: a part of one more or less, and it loses
  // them all.
  context.whole_cpus = context.guaranteed && context.cpuset > 0 && context.request.cpu == context.cpuset;
  if (config.pod_min_cpu > 0 || config.pod_min_memory > 0) {
    context.pod_floor = Amounts{.cpu = config.pod_min_cpu, .memory = config.pod_min_memory};
  }
  context.containers_in_pod = containers_in_pod;
  context.knob = config.knob;
  context.first_minutes = config.first_minutes;
  if (container.last_spec) Obey(*container.last_spec, context);
  return context;
}

// The containers of one pod together, class by class.
void KeepPodsWithin(const WorkloadRules& rules, std::vector<Part>& parts) {
  // One alone is within its node already, where that is the largest in both.
  if (rules.pod_bounds == AmountBounds{} && parts.size() < 2 && rules.node_rooms.HasLargest()) return;
  std::map<std::string, std::vector<PodPart>> pods;
  for (Part& part : parts) {
    for (WorkloadGroup& group : part.answer.groups) {
      const PodPart of_pod{&group.recommendation, &part.context};
      if (part.before_others) {
        KeepOnNode(rules.node_rooms, std::span(&of_pod, 1));
      } else {
        pods[group.node_class].push_back(of_pod);
      }
    }
  }
  for (const auto& [node_class, pod] : pods) {
    ApplyPodBounds(rules.pod_bounds, pod);
    KeepOnNode(rules.node_rooms, pod);
  }
}

// `advice` is of the parts, in their order.
void NamePoints(const Model& model, const WorkloadRules& rules, const std::vector<Part>& parts,
                const std::vector<std::shared_ptr<Advice>>& advice) {
  if (rules.horizontal.empty()) return;
  std::vector<AdvisedPart> pod;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!parts[i].before_others) pod.push_back({model.containers()[parts[i].id].name, advice[i].get()});
  }
  NameScalePoints(rules.horizontal, pod);
}

}  // namespace

bool WorkloadSizing::Sizes(const Model& model, const Container& container) {
  return !IsOfKind(container, ContainerKind::kEphemeral) && !IsRemoved(model, container);
}

std::vector<WorkloadSizing::Sized> WorkloadSizing::Size(const Model& model, const Workload& workload,
                                                        const WorkloadRules& rules, Wall now) const {
  const OfPod of_pod = ContainersOf(model, workload);
  std::vector<Part> parts;
  parts.reserve(of_pod.containers.size());
  for (const ContainerId id : of_pod.containers) {
    const Container& container = model.containers()[id];
    std::vector<Instance> instances = InstancesOf(model, workload, container);
    if (instances.empty()) continue;
    Context context = ContextOf(model, container, of_pod.together, config_);
    EnterRules(rules, container.name, static_cast<int>(container.replicas.size()), context);
    parts.push_back(
        {id, std::move(context), std::move(instances), {}, IsOfKind(container, ContainerKind::kInit)});
  }

  const Price* const price = FindPrice(config_.region);
  const auto advise = [&](const Algorithm& algorithm, const Part& part) {
    std::vector<OddReplica> places;
    if (!part.answer.outliers.empty()) places = PlacesOf(model, model.containers()[part.id]);
    return AdviceOf(algorithm, {part.context, part.instances, places, part.answer, price});
  };
  const auto size = [&](const Algorithm& algorithm) {
    for (Part& part : parts) part.answer = RecommendWorkload(algorithm, part.instances, part.context, now);
    if (algorithm.KeepsToRules()) KeepPodsWithin(rules, parts);
    for (Part& part : parts) {
      for (WorkloadGroup& group : part.answer.groups) KeepGuaranteed(group.recommendation, part.context);
    }
    std::vector<std::shared_ptr<Advice>> advice;
    for (const Part& part : parts) advice.push_back(advise(algorithm, part));
    NamePoints(model, rules, parts, advice);
    return advice;
  };

  const auto advice = size(algorithm_);
  if (compared_ != nullptr) {
    const auto compared = size(*compared_);
    for (std::size_t i = 0; i < advice.size(); ++i) advice[i]->compared.push_back(compared[i]);
  }
  std::vector<Sized> sized;
  for (std::size_t i = 0; i < advice.size(); ++i) sized.push_back({parts[i].id, advice[i]});
  return sized;
}

}  // namespace loadline::collector
