// How stories are explained: whom the kernel saw grow.
#include "collector/detect/story_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "collector/detect/detect_words.h"
#include "collector/detect/stories.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

// The minutes before.
constexpr Duration kBefore = 5min;
// Less is noise on a machine of any size.
constexpr Bytes kWorthSaying = 16 * kMiB;
constexpr std::size_t kGrowersShown = 3;

void Blame(const MemoryGrowth& grower, Wall until, StoryView& view) {
  view.cause_workload_id = grower.workload_id;
  view.cause_container = grower.container;
  view.cause = GrowthWords(grower, until);
}

}  // namespace

std::string GrowthWords(const MemoryGrowth& growth, Wall until) {
  return fmt::format("{} grew from {} to {} in {}", Described(growth.workload_id, growth.container),
                     FormatBytes(growth.from), FormatBytes(growth.to),
                     FormatSeconds(std::max(1.0, Seconds(until - growth.since))));
}

std::optional<MemoryGrowth> OomGrower(const Model& model, const OomQuestion& question) {
  const OomQuestion::Victim& victim = question.victim;
  // The kernel chooses its victim below the limit; what is told otherwise explains nothing of it.
  const std::string_view within =
      victim.path.starts_with(question.limit_owner) ? question.limit_owner : victim.path;
  std::vector<MemoryGrowth> growers =
      MemoryGrowthOn(model, question.node, {.at = question.at, .span = kBefore, .within = within, .most = 1});
  const Bytes worth_saying = question.limit_owner.empty() ? kWorthSaying : kMiB;
  if (growers.empty() || growers[0].grown() < worth_saying) return std::nullopt;
  MemoryGrowth& grower = growers[0];
  if (grower.path == victim.path && !victim.workload_id.empty()) {
    grower.workload_id = victim.workload_id;
    grower.container = victim.container;
    grower.awaits_name = false;
  }
  return std::move(grower);
}

std::string EvictionReason(const ClusterNews& news) {
  if (news.resource.empty()) return news.message.empty() ? news.reason : news.message;
  std::string words = "The node was low on " + news.resource;
  if (news.threshold > 0) {
    words +=
        fmt::format(": {} available, threshold {}", FormatBytes(news.available), FormatBytes(news.threshold));
  }
  if (!news.container.empty() && news.used > 0) {
    words += fmt::format("; container {} used {} with a request of {}", news.container,
                         FormatBytes(news.used), FormatBytes(news.request));
  }
  return words + ".";
}

std::string OomReason(const wire::OomKill& kill) {
  std::string words = LimitHit(kill) + ".";
  words[0] = 'T';
  return words;
}

std::string HowItEnded(const wire::OomKill& kill) {
  if (!kill.NamesProcess()) return "the kernel counted an OOM kill";
  // Whom the kernel chose has much to do with it: a BestEffort pod's is 1000, a critical one's near -1000.
  return fmt::format("the OOM killer ended {} (pid {}, oom_score_adj {}), which held {}", kill.command,
                     kill.pid, kill.oom_score_adj, FormatBytes(kill.victim_rss));
}

void StoryBook::ExplainEviction(Story& story, const std::vector<MemoryGrowth>& growers, const Model& model) {
  StoryView& view = story.view;
  if (!story.of_memory) return;
  for (const MemoryGrowth& grower : growers)
    AddEvidence(story, {view.at, "kernel", GrowthWords(grower, view.at)});
  if (!growers.empty()) Blame(growers[0], view.at, view);
  if (growers.empty() && !view.container.empty()) {
    view.cause_workload_id = view.workload_id;
    view.cause_container = view.container;
    view.cause = Described(view.workload_id, view.container) +
                 " used most beyond its request; nobody was seen to grow";
  }
  const Node* node = model.FindNode(view.node);
  if (node == nullptr) return;
  if (const auto rise = node->pressure.Rise(view.at, kBefore); rise && rise->to > 0.01) {
    AddEvidence(story, {rise->until, "node",
                        fmt::format("tasks waited for memory {:.0f} % of the time", rise->to * 100)});
  }
  if (const auto ends = node->available.Over(kBefore)) {
    AddEvidence(story, {Wall(std::chrono::seconds(ends->last.at_s)), "node",
                        fmt::format("memory.available went from {} to {} in {}",
                                    FormatBytes(static_cast<Bytes>(ends->first.value)),
                                    FormatBytes(static_cast<Bytes>(ends->last.value)),
                                    FormatSeconds(ends->last.at_s - ends->first.at_s))});
  }
}

std::vector<MemoryGrowth> StoryBook::GrowersOf(const Story& story, const Model& model) {
  const StoryView& view = story.view;
  std::vector<MemoryGrowth> growers;
  if (view.kind == "oom_kill") {
    if (auto grower = OomGrower(
            model,
            {view.node, view.last, story.limit_owner, {story.victim, view.workload_id, view.container}})) {
      growers.push_back(std::move(*grower));
    }
  } else if (story.of_memory) {  // what a pod wrote to its disk is not what the kernel saw grow
    growers = MemoryGrowthOn(model, view.node, {.at = view.at, .span = kBefore, .most = kGrowersShown});
    std::erase_if(growers, [](const MemoryGrowth& grower) { return grower.grown() < kWorthSaying; });
  }
  return growers;
}

void StoryBook::ExplainOom(Story& story, const std::vector<MemoryGrowth>& growers) {
  StoryView& view = story.view;
  if (!growers.empty()) {
    Blame(growers[0], view.last, view);
    AddEvidence(story, {view.last, "kernel", view.cause});
    return;
  }
  // It grew faster than anybody looks: the kernel's word is the only one.
  view.cause_workload_id = view.workload_id;
  view.cause_container = view.container;
  view.cause = fmt::format("{}: {}, and grew there within one window",
                           Described(view.workload_id, view.container), story.victim_held);
}

}  // namespace loadline::collector
