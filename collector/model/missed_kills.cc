#include "collector/model/missed_kills.h"

#include <algorithm>
#include <utility>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

// A status says whole seconds.
constexpr Duration kSameKill = 3s;

bool WasAway(const Node& node, Wall at) {
  return at >= node.away_from - 1s && at <= node.away_until + 1s;
}

bool IsKnown(const Model& model, const ClusterNews& news) {
  const Container* container = model.FindContainer(news.workload_id, news.container);
  // One that nobody knows is no news of ours.
  if (container == nullptr) return true;
  return std::ranges::any_of(container->recent_kills,
                             [&](Wall at) { return std::chrono::abs(at - news.at) <= kSameKill; });
}

}  // namespace

void MissedKills::Heard(const ClusterNews& news, Wall now) {
  if (news.kind != ClusterNews::Kind::kOutOfMemory || now - news.at > kGivesUp) return;
  const auto same = [&](const Waiting& other) {
    return other.news.pod_uid == news.pod_uid && other.news.container == news.container &&
           other.news.at == news.at;
  };
  if (std::ranges::any_of(waiting_, same)) return;
  if (waiting_.size() == kMost) waiting_.pop_front();
  waiting_.push_back({news, now});
}

std::vector<ClusterNews> MissedKills::Due(const Model& model, Wall now) {
  std::vector<ClusterNews> due;
  std::erase_if(waiting_, [&](const Waiting& waiting) {
    if (now - waiting.heard < kPatience) return false;
    const Node* node = model.FindNode(waiting.news.node);
    const bool away = node != nullptr && WasAway(*node, waiting.news.at);
    if (away && !IsKnown(model, waiting.news)) due.push_back(waiting.news);
    return away || now - waiting.heard >= kGivesUp;
  });
  return due;
}

}  // namespace loadline::collector
