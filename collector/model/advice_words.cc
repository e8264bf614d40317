#include "collector/model/advice_words.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "collector/model/names.h"
#include "collector/usage/claims.h"

namespace loadline::collector {
namespace {

std::string Format(std::int64_t amount, Resource resource) {
  return resource == Resource::kCpu ? FormatCpu(amount) : FormatBytes(amount);
}

const char* Phrase(Cap cap) {
  switch (cap) {
    case Cap::kFloor:
      return "raised to the smallest request";
    case Cap::kMinAllowed:
      return "raised to the policy's minimum";
    case Cap::kMaxAllowed:
      return "lowered to the policy's maximum";
    case Cap::kLimitRangeMin:
      return "raised to the namespace's LimitRange";
    case Cap::kLimitRangeMax:
      return "lowered to the namespace's LimitRange";
    case Cap::kPodMin:
      return "raised to the namespace's LimitRange for pods";
    case Cap::kPodMax:
      return "lowered to the namespace's LimitRange for pods";
    case Cap::kQuota:
      return "lowered to what the namespace's quota leaves";
    case Cap::kNode:
      return "lowered to what the largest node that its pods run on has room for";
    case Cap::kLimit:
      return "lowered to the limit, which stays";
    case Cap::kWholeCpus:
      return "rounded up to whole CPUs";
    case Cap::kCpuset:
      return "lowered to the CPUs that its cpuset lets it run on";
    case Cap::kOtherNodes:
      return "lowered, because one node alone says so";
    case Cap::kOtherNodesLeast:
      return "raised, because one node alone says so";
  }
  return "";
}

std::string CauseWords(const Reason& reason, Resource resource) {
  const std::string observed = Format(reason.observed, resource);
  switch (reason.cause) {
    case Cause::kNoData:
      return "Nothing was seen yet";
    case Cause::kUsage:
      return "Usage of " + observed;
    case Cause::kThrottling:
      return "Throttled at its limit: demand estimated at " + observed;
    case Cause::kOomKill:
      return "Killed at its memory limit: need of at least " + observed;
    case Cause::kSeason:
      return "A recurring peak of " + observed;
    case Cause::kTrend:
      return "Growing to " + observed;
    case Cause::kLeak:
      return "Looks like a memory leak, now at " + observed;
    case Cause::kHold:
      return "The present request is near enough to a need of " + observed;
    case Cause::kHpa:
      return "A horizontal autoscaler holds this resource: use of " + observed + " at its target";
    case Cause::kEarly:
      return "The present request stays while little is known: usage of " + observed;
  }
  return "";
}

// "Usage of 412 MiB over 9 d, with 15 % margin; raised to the smallest request."
std::string Words(const Reason& reason, Resource resource) {
  std::string words = CauseWords(reason, resource);
  if (reason.history_seconds > 0) words += " over " + FormatSeconds(reason.history_seconds);
  if (reason.margin > 0) words += fmt::format(", with {:.0f} % margin", reason.margin * 100);
  if (reason.growth_per_day != 0) {
    words += fmt::format(", growing by {} a day", Format(std::llround(reason.growth_per_day), resource));
    if (std::isfinite(reason.seconds_to_limit)) {
      words += ", at its limit in " + FormatSeconds(reason.seconds_to_limit);
    }
  }
  for (const Cap cap : reason.caps) words += std::string("; ") + Phrase(cap);
  return words + ".";
}

ResourceAdvice InWords(const Recommendation& recommendation, Resource resource, const Advice& advice) {
  const Sizing& sizing = recommendation.Of(resource);
  ResourceAdvice view{.lower = sizing.lower,
                      .target = sizing.target,
                      .upper = sizing.upper,
                      .uncapped = sizing.uncapped,
                      .reason = Words(sizing.reason, resource)};
  if (const std::int64_t request = advice.request.Of(resource); request > 0) view.current_request = request;
  if (const std::int64_t limit = advice.limit.Of(resource); limit > 0) view.current_limit = limit;
  return view;
}

std::vector<std::string> NotesOf(const Recommendation& recommendation, const Advice& advice) {
  std::vector<std::string> notes;
  if (recommendation.cpu_limit_advice == LimitAdvice::kRaise) {
    notes.push_back(fmt::format("Raise the CPU limit to {}: the present one throttles.",
                                FormatCpu(recommendation.limit.cpu)));
  } else if (recommendation.cpu_limit_advice == LimitAdvice::kRemove) {
    std::string note = "Remove the CPU limit";
    if (recommendation.limit.cpu > advice.limit.cpu)
      note += ", or raise it to " + FormatCpu(recommendation.limit.cpu);
    notes.push_back(note + ": it throttles, and nothing else gains from it.");
  }
  if (recommendation.limit.memory > 0) {
    notes.push_back(fmt::format("Memory limit to go with it: {}.", FormatBytes(recommendation.limit.memory)));
  }
  return notes;
}

std::string NoteOf(const ScalePoint& point) {
  return fmt::format(
      "A horizontal autoscaler holds {0} at {1:.0f} % of the request: with this one, a target of {2:.0f} % "
      "keeps the "
      "use at which it adds replicas.",
      point.resource == Resource::kCpu ? "CPU" : "memory", point.target * 100, point.kept * 100);
}

std::string Sentence(const OddReplica& odd) {
  const std::string place = PlaceOf(odd.node, odd.pod);
  if (odd.killed) return fmt::format(" Of its replicas only the one on {} was killed.", place);
  return fmt::format(" The replica on {} needs {:.1f} times what the median replica does.", place,
                     odd.times_the_median);
}

std::string NoteOf(const OddReplica& odd) {
  const double times = odd.times_the_others;
  const std::string said =
      fmt::format("What {} alone says would ask for {:.{}f} times the {} that all other nodes do",
                  PlaceOf(odd.node, odd.pod), times, times < 1 ? 3 : 1,
                  odd.resource == Resource::kCpu ? "CPU" : "memory");
  if (times < 1) return said + fmt::format("; it lowers that to a {}th at most.", kBelievedAlone);
  return said + fmt::format("; it counts for at most {} times.", kBelievedAlone);
}

void TellOddReplicas(const Advice& advice, RecommendationView& view) {
  view.outliers = advice.odd_replicas;
  for (const OddReplica& odd : advice.odd_replicas) {
    if (odd.killed || odd.times_the_median > 0)
      (odd.resource == Resource::kCpu ? view.cpu : view.memory).reason += Sentence(odd);
    if (odd.times_the_others > 0) view.notes.push_back(NoteOf(odd));
  }
}

void TellNodeClasses(const Advice& advice, RecommendationView& view) {
  if (advice.node_classes.empty()) return;
  for (const ClassAdvice& one : advice.node_classes) {
    view.node_classes.push_back({one.node_class, one.replicas,
                                 InWords(one.recommendation, Resource::kCpu, advice),
                                 InWords(one.recommendation, Resource::kMemory, advice)});
  }
  const auto needs_most = [&](Resource resource) {
    return fmt::format(" Replicas on nodes of {} need most.",
                       Neediest(advice.node_classes, resource).node_class);
  };
  view.cpu.reason += needs_most(Resource::kCpu);
  view.memory.reason += needs_most(Resource::kMemory);
}

}  // namespace

std::shared_ptr<const RecommendationView> InWords(const Advice& advice) {
  const Recommendation& recommendation = advice.recommendation;
  auto view = std::make_shared<RecommendationView>();
  view->algorithm = advice.algorithm;
  view->cpu = InWords(recommendation, Resource::kCpu, advice);
  view->memory = InWords(recommendation, Resource::kMemory, advice);
  view->history_seconds = advice.HistorySeconds();
  view->confidence = view->history_seconds / 86'400;
  view->samples = advice.samples;
  view->oom_kills = advice.oom_kills;
  if (recommendation.boost.factor > 1) {
    const double cpu = static_cast<double>(recommendation.cpu.target) * recommendation.boost.factor;
    view->startup_boost = StartupBoostView{static_cast<MilliCores>(cpu), recommendation.boost.factor,
                                           Seconds(recommendation.boost.duration)};
  }
  TellNodeClasses(advice, *view);
  view->notes = NotesOf(recommendation, advice);
  for (const ScalePoint& point : advice.scale_points) view->notes.push_back(NoteOf(point));
  TellOddReplicas(advice, *view);
  if (advice.taken_over) {
    view->notes.push_back(
        fmt::format("{:.1f} days of its history are from the checkpoint of a VerticalPodAutoscaler.",
                    Seconds(*advice.taken_over) / 86'400));
  }
  view->saving_per_month = advice.dollars_per_month;
  if (advice.dollars_per_month) view->currency = "USD";
  for (const auto& other : advice.compared) view->compared.push_back(InWords(*other));
  return view;
}

}  // namespace loadline::collector
