#include "collector/detect/stories.h"

#include <fmt/format.h>

#include <algorithm>

#include "collector/detect/detect.h"
#include "collector/detect/story_words.h"
#include "collector/state/piece.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr Duration kTooOld = 1h;
// Until the windows that reach past it have come: one of ten seconds, and its way here.
constexpr Duration kExplainWithin = 15s;
// The kubelet notices a container's end when it lists containers again, and says so in whole seconds.
constexpr Duration kSameKill = 30s;
// A container that is killed again within this time is the same story.
constexpr Duration kSameTrouble = 10min;
constexpr Duration kSameEviction = 2min;
constexpr std::size_t kMostWaiting = 200;
// More says nothing that is new.
constexpr std::size_t kMostEvidence = 16;

bool Near(Wall a, Wall b, Duration apart) {
  return a - b <= apart && b - a <= apart;
}

bool ByKubelet(const std::string& reason) {
  return reason == "Evicted" || reason == "TerminationByKubelet";
}

std::string SourceOf(const ClusterNews& news) {
  const bool status =
      news.kind == ClusterNews::Kind::kPodStopped || news.kind == ClusterNews::Kind::kOutOfMemory;
  return status ? "kubelet" : "event";
}

StoryEvidence EvidenceOf(const ClusterNews& news) {
  return {news.at, SourceOf(news), news.message.empty() ? news.reason : news.reason + ": " + news.message};
}

}  // namespace

void StoryBook::Heard(const ClusterNews& news, Wall now) {
  if (now - news.at > kTooOld) return;
  using enum ClusterNews::Kind;
  switch (news.kind) {
    case kPodStopped:
    case kEvicted:
      AddEvidence(Evicted(news, now), EvidenceOf(news));
      return;
    case kOutOfMemory:
      OutOfMemory(news, now);
      return;
    case kNodeEvicts:
    case kSystemOom:
      OfNode(news);
      return;
  }
}

StoryBook::Story& StoryBook::Evicted(const ClusterNews& news, Wall now) {
  const std::string id = "eviction/" + news.pod_uid;
  auto it = std::ranges::find_if(stories_, [&](const Story& story) { return story.view.id == id; });
  Story& story = it != stories_.end() ? *it
                                      : Add({.id = id,
                                             .kind = "eviction",
                                             .at = news.at,
                                             .last = news.at,
                                             .namespace_name = news.namespace_name,
                                             .pod = news.pod},
                                            now);
  StoryView& view = story.view;
  const auto take = [](std::string& into, const std::string& from) {
    if (into.empty()) into = from;
  };
  take(view.node, news.node);
  take(view.workload_id, news.workload_id);
  take(view.container, news.container);
  // The kubelet says it before it does it: the first word is nearest to the cause.
  view.at = std::min(view.at, news.at);
  story.by_kubelet = story.by_kubelet || ByKubelet(news.reason);
  story.of_memory = story.of_memory || news.resource == "memory";
  if (news.resource == "memory" && news.threshold > 0) {
    story.threshold = news.threshold;
    threshold_[view.node] = news.threshold;
  }
  if (const std::string why = EvictionReason(news); view.why.size() < why.size()) view.why = why;
  for (const ClusterNews& of_node : waiting_) {
    if (of_node.kind == ClusterNews::Kind::kNodeEvicts && of_node.node == view.node &&
        Near(of_node.at, view.at, kSameEviction)) {
      AddEvidence(story, EvidenceOf(of_node));
    }
  }
  story.changed = true;
  return story;
}

void StoryBook::OutOfMemory(const ClusterNews& news, Wall now) {
  if (Story* story = FindOom(news.node, news.workload_id, news.container, news.at, kSameKill)) {
    if (story->view.pod.empty()) story->view.pod = news.pod;
    AddEvidence(*story, EvidenceOf(news));
    return;
  }
  if (now - news.at > kSameTrouble) return;
  waiting_.push_back(news);
  if (waiting_.size() > kMostWaiting) waiting_.pop_front();
}

void StoryBook::OfNode(const ClusterNews& news) {
  const bool oom = news.kind == ClusterNews::Kind::kSystemOom;
  for (Story& story : stories_) {
    if (story.view.node != news.node || (story.view.kind == "oom_kill") != oom) continue;
    if (Near(oom ? story.view.last : story.view.at, news.at, oom ? kSameKill : kSameEviction))
      AddEvidence(story, EvidenceOf(news));
  }
  waiting_.push_back(news);
  if (waiting_.size() > kMostWaiting) waiting_.pop_front();
}

StoryBook::Story* StoryBook::FindOom(const std::string& node, const std::string& workload,
                                     const std::string& container, Wall at, Duration apart) {
  for (auto it = stories_.rbegin(); it != stories_.rend(); ++it) {
    const StoryView& view = it->view;
    if (view.kind != "oom_kill" || view.node != node || view.workload_id != workload ||
        view.container != container)
      continue;
    if (at >= view.at - apart && at <= view.last + apart) return &*it;
  }
  return nullptr;
}

void StoryBook::Killed(const KillSeen& seen, Wall now) {
  const wire::OomKill& kill = seen.kill;
  const bool known = !seen.name.workload_id.empty();
  // Known from its pod's status alone: the kernel has told nothing that makes a story.
  if (kill.IsFromPodStatus()) return;
  // A pod that this node cannot speak of.
  if (!known && kill.victim.kind == wire::CgroupKind::kPodContainer) return;
  // Nobody can say what grew there.
  if (!IsNamed(kill)) return;
  const std::string who = known ? seen.name.workload_id : kill.victim.path;
  Story* story = FindOom(seen.node, who, seen.name.container, seen.at, kSameTrouble);
  if (story == nullptr) {
    story = &Add({.id = fmt::format("oom/{}/{}", seen.node, seen.at.time_since_epoch().count()),
                  .kind = "oom_kill",
                  .at = seen.at,
                  .last = seen.at,
                  .times = 0,
                  .node = seen.node,
                  .workload_id = who,
                  .namespace_name = seen.name.namespace_name,
                  .pod = seen.name.pod,
                  .container = seen.name.container},
                 now);
  }
  StoryView& view = story->view;
  const StoryEvidence ended{seen.at, "kernel", HowItEnded(kill)};
  // A record that is replayed is the same kill.
  if (std::ranges::find(view.evidence, ended) != view.evidence.end()) return;
  if (seen.is_first) ++view.times;
  view.last = std::max(view.last, seen.at);
  view.why = OomReason(kill);
  story->limit_owner = kill.limit_owner ? kill.limit_owner->path : "";
  story->victim = ContainerOf(kill.victim).path;
  story->victim_held = kill.NamesProcess()
                           ? fmt::format("its process {} held {}", kill.command, FormatBytes(kill.victim_rss))
                           : "which process it was is not known";
  AddEvidence(*story, ended);
  for (const ClusterNews& news : waiting_) {
    const bool same = news.kind == ClusterNews::Kind::kOutOfMemory && news.workload_id == view.workload_id &&
                      news.container == view.container;
    if (news.node != view.node || !(same || news.kind == ClusterNews::Kind::kSystemOom)) continue;
    if (!Near(news.at, seen.at, kSameKill)) continue;
    if (same && view.pod.empty()) view.pod = news.pod;
    AddEvidence(*story, EvidenceOf(news));
  }
}

StoryBook::Story& StoryBook::Add(StoryView view, Wall now) {
  const auto of_it = [&](const Story& other) { return other.view.node == view.node; };
  auto drop = stories_.end();
  if (std::ranges::count_if(stories_, of_it) >= kMostOfANode) {
    drop = std::ranges::find_if(stories_, of_it);
  } else if (stories_.size() >= kMost) {
    drop = stories_.begin();
  }
  if (drop != stories_.end()) {
    dropped_.push_back(drop->view.id);
    stories_.erase(drop);
  }
  Story& story = stories_.emplace_back();
  story.view = std::move(view);
  story.heard = now;
  story.changed = true;
  return story;
}

void StoryBook::AddEvidence(Story& story, StoryEvidence evidence) {
  std::vector<StoryEvidence>& all = story.view.evidence;
  // What is said again and again is told by its first time.
  const auto same = std::ranges::find_if(all, [&](const StoryEvidence& other) {
    return other.source == evidence.source && other.text == evidence.text;
  });
  if (same != all.end()) {
    if (same->at <= evidence.at) return;
    all.erase(same);
  }
  all.insert(std::ranges::upper_bound(all, evidence.at, {}, &StoryEvidence::at), std::move(evidence));
  // How it began and how it ended.
  if (all.size() > kMostEvidence) all.erase(all.begin() + kMostEvidence / 2);
  story.changed = true;
}

std::vector<Happening> StoryBook::Tick(const Model& model, Wall now, const DetectConfig& config) {
  std::vector<Happening> told;
  for (Story& story : stories_) {
    if (story.explained) continue;
    const Node* node = model.FindNode(story.view.node);
    const bool seen = node != nullptr && !node->window_open && node->window_end > story.view.at;
    const bool late = now - story.heard >= kExplainWithin;
    if (!seen && !late) continue;
    const std::vector<MemoryGrowth> growers = GrowersOf(story, model);
    if (std::ranges::any_of(growers, &MemoryGrowth::awaits_name) && !late) continue;
    Explain(story, growers, model);
    if (story.view.kind == "eviction" && story.by_kubelet)
      told.push_back(collector::Evicted(story.view, config));
  }
  std::erase_if(waiting_, [&](const ClusterNews& news) { return now - news.at > kSameTrouble; });
  return told;
}

void StoryBook::Explain(Story& story, const std::vector<MemoryGrowth>& growers, const Model& model) {
  story.explained = true;
  story.changed = true;
  if (story.view.kind == "eviction") {
    ExplainEviction(story, growers, model);
  } else {
    ExplainOom(story, growers);
  }
}

std::vector<StoryView> StoryBook::Views() const {
  std::vector<StoryView> views;
  for (const Story& story : stories_) views.push_back(story.view);
  std::ranges::sort(views, std::greater<>(), &StoryView::last);
  return views;
}

Bytes StoryBook::ThresholdOf(const std::string& node) const {
  const auto it = threshold_.find(node);
  return it == threshold_.end() ? 0 : it->second;
}

std::vector<std::pair<std::string, std::string>> StoryBook::TakeChanged() {
  std::vector<std::pair<std::string, std::string>> changed;
  for (Story& story : stories_) {
    if (!std::exchange(story.changed, false)) continue;
    changed.emplace_back(story.view.id, Write(story));
  }
  for (std::string& id : std::exchange(dropped_, {})) changed.emplace_back(std::move(id), "");
  return changed;
}

bool StoryBook::Load(const std::string& bytes) {
  std::optional<Story> story = state::IsPiece(bytes) ? Read(bytes) : ReadBeforeTags(bytes);
  if (!story || story->view.id.empty()) return false;
  const auto same = [&](const Story& other) { return other.view.id == story->view.id; };
  if (std::ranges::any_of(stories_, same)) return true;  // of two versions: the later one's was loaded first
  if (story->threshold > 0) threshold_[story->view.node] = story->threshold;
  const auto later = [&](const Story& other) { return other.view.at > story->view.at; };
  stories_.insert(std::ranges::find_if(stories_, later), std::move(*story));
  return true;
}

}  // namespace loadline::collector
