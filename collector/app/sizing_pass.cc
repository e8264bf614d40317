#include "collector/app/sizing_pass.h"

#include <fmt/format.h>

#include "collector/model/view.h"
#include "collector/recommend/prices.h"

namespace loadline::collector {
namespace {

constexpr int kSlice = 64;  // containers between two looks at the clock

ResourceAdvice AdviceOf(const Sizing& sizing, Resource resource, const Context& context) {
  ResourceAdvice advice{.lower = sizing.lower,
                        .target = sizing.target,
                        .upper = sizing.upper,
                        .uncapped = sizing.uncapped,
                        .reason = Words(sizing.reason, resource)};
  if (const std::int64_t request = context.request.Of(resource); request > 0)
    advice.current_request = request;
  if (const std::int64_t limit = context.limit.Of(resource); limit > 0) advice.current_limit = limit;
  return advice;
}

std::vector<std::string> NotesOf(const Recommendation& recommendation) {
  std::vector<std::string> notes;
  if (recommendation.cpu_limit_advice == LimitAdvice::kRaise) {
    notes.push_back(fmt::format("Raise the CPU limit to {}: the present one throttles.",
                                FormatCpu(recommendation.limit.cpu)));
  } else if (recommendation.cpu_limit_advice == LimitAdvice::kRemove) {
    notes.emplace_back("Remove the CPU limit: it throttles, and nothing else gains from it.");
  }
  if (recommendation.limit.memory > 0) {
    notes.push_back(fmt::format("Memory limit to go with it: {}.", FormatBytes(recommendation.limit.memory)));
  }
  if (recommendation.boost.factor > 1) {
    notes.push_back(fmt::format("For {} after its start it wants {:.1f} times the CPU.",
                                FormatSeconds(Seconds(recommendation.boost.duration)),
                                recommendation.boost.factor));
  }
  return notes;
}

// The usage of all replicas, past and present, without copying where there is but one.
const ContainerUsage& Merged(const Model& model, const Container& container, ContainerUsage& scratch) {
  if (container.past == nullptr && container.replicas.size() == 1)
    return model.replicas()[container.replicas[0]].usage;
  if (container.past != nullptr) scratch.Merge(*container.past);
  for (const ReplicaId id : container.replicas) scratch.Merge(model.replicas()[id].usage);
  return scratch;
}

// What is sized: one container of a workload, in all its replicas.
struct Sized {
  const ContainerUsage& usage;
  const Context& context;
  int replicas = 0;
  const Price* price = nullptr;  // null: no money
};

std::shared_ptr<RecommendationView> ViewOf(const Algorithm& algorithm, const Sized& sized, Wall now) {
  const auto& [usage, context, replicas, price] = sized;
  const Recommendation recommendation = algorithm.Recommend(usage, context, now);
  auto view = std::make_shared<RecommendationView>();
  view->algorithm = algorithm.name();
  view->cpu = AdviceOf(recommendation.cpu, Resource::kCpu, context);
  view->memory = AdviceOf(recommendation.memory, Resource::kMemory, context);
  view->history_seconds =
      std::max(recommendation.cpu.reason.history_seconds, recommendation.memory.reason.history_seconds);
  view->confidence = view->history_seconds / 86'400;
  view->samples = static_cast<std::uint64_t>(usage.vpa().samples());
  view->oom_kills = usage.ooms().size();
  view->notes = NotesOf(recommendation);
  if (const Reason& memory = recommendation.memory.reason; memory.cause == Cause::kLeak)
    view->leak = {.bytes_per_day = memory.growth_per_day, .seconds_to_limit = memory.seconds_to_limit};
  if (price != nullptr) {
    view->saving_per_month = SavingOf(recommendation, context, replicas, price).dollars_per_month;
    view->currency = "USD";
  }
  return view;
}

}  // namespace

std::shared_ptr<const RecommendationView> SizingPass::Size(const Model& model, const Container& container,
                                                           Wall now) const {
  ContainerUsage scratch;
  const ContainerUsage& usage = Merged(model, container, scratch);
  const wire::CgroupLimits limits = LimitsOf(model, container);
  Context context;
  context.request = {.cpu = limits.cpu_request, .memory = limits.memory_request};
  context.limit = {.cpu = limits.cpu_limit, .memory = limits.memory_limit};
  if (config_.pod_min_cpu > 0 || config_.pod_min_memory > 0) {
    context.pod_floor = Amounts{.cpu = config_.pod_min_cpu, .memory = config_.pod_min_memory};
  }
  context.containers_in_pod = static_cast<int>(model.workloads()[container.workload].containers.size());
  context.knob = config_.knob;
  if (rules_) {
    const WorkloadRules rules = rules_(model.workloads()[container.workload]);
    EnterRules(rules, container.name, static_cast<int>(container.replicas.size()), context);
  }
  // What nodes say of themselves is what they have, not what they can give; better than nothing.
  if (context.node_allocatable == Amounts{}) context.node_allocatable = largest_node_;
  const Sized sized{usage, context, static_cast<int>(container.replicas.size()), FindPrice(config_.region)};
  auto view = ViewOf(algorithm_, sized, now);
  if (compared_ != nullptr) view->compared.push_back(ViewOf(*compared_, sized, now));
  return view;
}

void SizingPass::FindLargestNode(const Model& model) {
  largest_node_ = {};
  model.nodes().ForEach([&](NodeId, const Node& node) {
    largest_node_.cpu = std::max(largest_node_.cpu, node.capacity.cpu);
    largest_node_.memory = std::max(largest_node_.memory, node.capacity.memory);
  });
}

bool SizingPass::Step(Model& model, Wall now, const std::function<bool()>& enough) {
  FindLargestNode(model);
  if (todo_.empty()) {
    model.containers().ForEach([&](ContainerId id, const Container&) { todo_.push_back(id); });
  }
  for (int done = 1; !todo_.empty(); ++done) {
    const ContainerId id = todo_.back();
    todo_.pop_back();
    // Forgotten since the pass began, maybe.
    if (model.containers().Has(id)) model.SetRecommendation(id, Size(model, model.containers()[id], now));
    if (done % kSlice == 0 && enough()) break;
  }
  return todo_.empty();
}

void SizingPass::SizeNew(Model& model, Wall now, const std::function<bool()>& enough) {
  FindLargestNode(model);
  std::vector<ContainerId> fresh;
  model.containers().ForEach([&](ContainerId id, const Container& container) {
    const bool measured = container.last_seen > container.first_seen || container.past != nullptr;
    if (container.recommendation == nullptr && measured) fresh.push_back(id);
  });
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    model.SetRecommendation(fresh[i], Size(model, model.containers()[fresh[i]], now));
    if ((i + 1) % kSlice == 0 && enough()) return;
  }
}

}  // namespace loadline::collector
