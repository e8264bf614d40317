#include "collector/verdict/neighbours.h"

#include <algorithm>
#include <utility>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kAsked = 2;
constexpr Duration kAskEach = 1s;
// One that has been in doubt for long is looked for less often.
constexpr Duration kLong = 1min;
constexpr Duration kAskSeldom = 10s;
// An agent waits 1.5 s for an answer.
constexpr Duration kAnswersWithin = 3s;

Duration PauseAfter(Duration doubted) {
  return doubted < kLong ? kAskEach : kAskSeldom;
}

}  // namespace

NeighboursSay SaidBy(const NeighbourWitness& neighbours) {
  if (!neighbours.reach_it.empty()) return NeighboursSay::kReachIt;
  return neighbours.find_nobody.size() >= kAsked ? NeighboursSay::kFindNobody : NeighboursSay::kNothing;
}

void Neighbours::Greeted(const std::string& node, bool answers) {
  if (answers)
    answering_.insert(node);
  else
    answering_.erase(node);
}

// Of each other nodes, so that not all who are in doubt are looked for by the same; those that were asked in vain are passed over.
std::vector<std::string> Neighbours::Chosen(const InDoubt& node, std::size_t turn,
                                            const std::vector<Well>& well) const {
  std::vector<std::string> near;
  std::vector<std::string> far;
  const std::size_t first = well.empty() ? 0 : std::hash<std::string>()(node.kubelet.node) % well.size();
  const std::size_t enough = turn + kAsked;
  for (std::size_t i = 0; i < well.size() && (near.size() < enough || far.size() < enough); ++i) {
    const Well& one = well[(first + i) % well.size()];
    if (one.node == node.kubelet.node || !answering_.contains(one.node)) continue;
    std::vector<std::string>& side = one.zone == node.zone ? near : far;
    if (side.size() < enough) side.push_back(one.node);
  }
  std::vector<std::string> chosen;
  const auto take = [&](const std::vector<std::string>& side, std::size_t nth) {
    if (side.empty() || chosen.size() >= kAsked) return;
    const std::string& one = side[(turn + nth) % side.size()];
    if (std::ranges::find(chosen, one) == chosen.end()) chosen.push_back(one);
  };
  take(near, 0);
  take(far, 0);
  take(near, 1);
  take(far, 1);
  return chosen;
}

std::map<std::string, wire::ProbeNeighbours> Neighbours::Due(const std::vector<InDoubt>& in_doubt,
                                                             const std::function<std::vector<Well>()>& well,
                                                             Mono now) {
  std::map<std::string, wire::ProbeNeighbours> questions;
  std::map<std::string, Doubt, std::less<>> still;
  std::optional<std::vector<Well>> neighbours;
  for (const InDoubt& node : in_doubt) {
    const auto known = doubts_.find(node.kubelet.node);
    Doubt doubt = known != doubts_.end() ? std::move(known->second) : Doubt{.since = now, .next = now};
    if (now >= doubt.next) {
      if (!neighbours) neighbours = well();
      Ask(node, doubt, *neighbours, now, questions);
    }
    still.insert_or_assign(node.kubelet.node, std::move(doubt));
  }
  doubts_ = std::move(still);
  return questions;
}

void Neighbours::Ask(const InDoubt& node, Doubt& doubt, const std::vector<Well>& well, Mono now,
                     std::map<std::string, wire::ProbeNeighbours>& questions) {
  doubt.next = now + PauseAfter(now - doubt.since);
  doubt.turn += std::erase_if(doubt.of, [&](const auto& one) {
    const Answer& answer = one.second;
    return answer.waiting && now - answer.asked >= kAnswersWithin;
  });
  for (const std::string& neighbour : Chosen(node, doubt.turn, well)) {
    wire::ProbeNeighbours& question = questions[neighbour];
    if (question.kubelets.size() >= wire::kMostProbed) continue;
    question.kubelets.push_back(node.kubelet);
    Answer& answer = doubt.of[neighbour];
    if (!std::exchange(answer.waiting, true)) answer.asked = now;
  }
}

void Neighbours::Found(const std::string& by, const wire::NeighbourProbed& found, Mono now) {
  const auto doubt = doubts_.find(found.node);
  if (doubt == doubts_.end()) return;
  const auto asked = doubt->second.of.find(by);
  if (asked == doubt->second.of.end()) return;
  asked->second.waiting = false;
  asked->second.at = now;
  asked->second.outcome = found.outcome;
}

NeighbourWitness Neighbours::Of(std::string_view node, Mono now) const {
  NeighbourWitness witness;
  const auto doubt = doubts_.find(node);
  if (doubt == doubts_.end()) return witness;
  const Duration fresh = PauseAfter(now - doubt->second.since) + kAnswersWithin;
  for (const auto& [neighbour, answer] : doubt->second.of) {
    if (!answer.at || now - *answer.at > fresh) continue;
    const bool nobody = answer.outcome == wire::ProbeOutcome::kNoAnswer;
    (nobody ? witness.find_nobody : witness.reach_it).push_back(neighbour);
  }
  return witness;
}

}  // namespace loadline::collector
