#include "collector/app/advice.h"

#include <fmt/format.h>

#include <algorithm>

#include "collector/model/names.h"
#include "collector/usage/claims.h"

namespace loadline::collector {
namespace {

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

// What all replicas must have while they share one template: of each resource the neediest group's.
Recommendation ForAll(const WorkloadRecommendation& answer) {
  Recommendation all = answer.Neediest(Resource::kCpu).recommendation;
  const Recommendation& memory = answer.Neediest(Resource::kMemory).recommendation;
  all.memory = memory.memory;
  all.limit.memory = memory.limit.memory;
  return all;
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
  return notes;
}

// Which part of what is known was not measured here; empty: none.
std::string TakenOver(std::span<const Instance> instances) {
  for (const Instance& instance : instances) {
    if (instance.of_every_class)
      return fmt::format("{:.1f} days of its history are from the checkpoint of a VerticalPodAutoscaler.",
                         Seconds(instance.usage->history()) / 86'400);
  }
  return {};
}

std::string Sentence(const OutlierView& outlier) {
  const std::string place = PlaceOf(outlier.node, outlier.pod);
  if (outlier.killed) return fmt::format(" Of its replicas only the one on {} was killed.", place);
  return fmt::format(" The replica on {} needs {:.1f} times what the middle one does.", place,
                     outlier.times_the_median);
}

std::string NoteOf(const OutlierView& outlier) {
  const double times = outlier.times_the_others;
  const std::string said =
      fmt::format("What {} alone says would ask for {:.{}f} times the {} that all other nodes do",
                  PlaceOf(outlier.node, outlier.pod), times, times < 1 ? 3 : 1,
                  outlier.resource == "cpu" ? "CPU" : "memory");
  if (times < 1) return said + fmt::format("; it lowers that to a {}th at most.", kBelievedAlone);
  return said + fmt::format("; it counts for at most {} times.", kBelievedAlone);
}

void NameOutliers(const AdvisedContainer& advised, RecommendationView& view) {
  for (const Outlier& found : advised.answer.outliers) {
    if (found.instance >= advised.places.size()) continue;
    OutlierView outlier = advised.places[found.instance];
    const bool cpu = found.resource == Resource::kCpu;
    outlier.resource = cpu ? "cpu" : "memory";
    outlier.times_the_median = found.times_the_median;
    outlier.killed = found.killed;
    outlier.times_the_others = found.times_the_others;
    if (outlier.killed || outlier.times_the_median > 0)
      (cpu ? view.cpu : view.memory).reason += Sentence(outlier);
    if (outlier.times_the_others > 0) view.notes.push_back(NoteOf(outlier));
    view.outliers.push_back(std::move(outlier));
  }
}

void TellNodeClasses(const AdvisedContainer& advised, RecommendationView& view) {
  const auto& groups = advised.answer.groups;
  if (groups.size() < 2) return;
  for (const WorkloadGroup& group : groups) {
    const auto running =
        std::ranges::count_if(group.members, [&](std::size_t i) { return !advised.instances[i].gone; });
    view.node_classes.push_back({group.node_class, static_cast<std::uint32_t>(running),
                                 AdviceOf(group.recommendation.cpu, Resource::kCpu, advised.context),
                                 AdviceOf(group.recommendation.memory, Resource::kMemory, advised.context)});
  }
  const auto needs_most = [&](Resource resource) {
    return fmt::format(" Replicas on nodes of {} need most.", advised.answer.Neediest(resource).node_class);
  };
  view.cpu.reason += needs_most(Resource::kCpu);
  view.memory.reason += needs_most(Resource::kMemory);
}

}  // namespace

std::shared_ptr<RecommendationView> ViewOf(const Algorithm& algorithm, const AdvisedContainer& advised) {
  const Recommendation recommendation = ForAll(advised.answer);
  auto view = std::make_shared<RecommendationView>();
  view->algorithm = algorithm.name();
  view->cpu = AdviceOf(recommendation.cpu, Resource::kCpu, advised.context);
  view->memory = AdviceOf(recommendation.memory, Resource::kMemory, advised.context);
  view->history_seconds =
      std::max(recommendation.cpu.reason.history_seconds, recommendation.memory.reason.history_seconds);
  view->confidence = view->history_seconds / 86'400;
  int replicas = 0;
  for (const Instance& instance : advised.instances) {
    view->samples += static_cast<std::uint64_t>(instance.usage->vpa().samples());
    view->oom_kills += instance.usage->ooms().size();
    replicas += instance.gone ? 0 : 1;
  }
  if (recommendation.boost.factor > 1) {
    const double cpu = static_cast<double>(recommendation.cpu.target) * recommendation.boost.factor;
    view->startup_boost = StartupBoostView{static_cast<MilliCores>(cpu), recommendation.boost.factor,
                                           Seconds(recommendation.boost.duration)};
  }
  TellNodeClasses(advised, *view);
  view->notes = NotesOf(recommendation);
  NameOutliers(advised, *view);
  if (std::string words = TakenOver(advised.instances); !words.empty())
    view->notes.push_back(std::move(words));
  if (const Reason& memory = recommendation.memory.reason; memory.cause == Cause::kLeak)
    view->leak = {.bytes_per_day = memory.growth_per_day, .seconds_to_limit = memory.seconds_to_limit};
  if (advised.price != nullptr) {
    view->saving_per_month =
        SavingOf(recommendation, advised.context, replicas, advised.price).dollars_per_month;
    view->currency = "USD";
  }
  return view;
}

}  // namespace loadline::collector
