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
// One that reaches nobody is asked again; sooner, when there was nobody to be reached.
constexpr Duration kTryEach = 10min;
constexpr Duration kTrySoon = 1min;
// At once, so that a thousand that greet together do not.
constexpr int kTriesInOneGo = 8;

Duration PauseAfter(Duration doubted) {
  return doubted < kLong ? kAskEach : kAskSeldom;
}

}  // namespace

NeighboursSay SaidBy(const NeighbourWitness& neighbours) {
  if (!neighbours.reach_it.empty()) return NeighboursSay::kReachIt;
  if (!neighbours.refused.empty()) return NeighboursSay::kRefused;
  return neighbours.find_nobody.size() >= kAsked ? NeighboursSay::kFindNobody : NeighboursSay::kNothing;
}

void Neighbours::Greeted(const std::string& node, bool answers) {
  if (answers)
    agents_.try_emplace(node);
  else
    agents_.erase(node);
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
    const auto agent = agents_.find(one.node);
    if (one.node == node.kubelet.node || agent == agents_.end() || !agent->second.has_reached) continue;
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
  const bool tries = std::ranges::any_of(
      agents_, [&](const auto& agent) { return !agent.second.has_reached && agent.second.tries <= now; });
  if (tries) Try(neighbours ? *neighbours : well(), in_doubt, now, questions);
  return questions;
}

void Neighbours::Try(const std::vector<Well>& well, const std::vector<InDoubt>& in_doubt, Mono now,
                     Questions& questions) {
  const auto is_due = [now](const Agent& agent) { return !agent.has_reached && agent.tries <= now; };
  int tried = 0;
  for (std::size_t i = 0; i < well.size(); ++i) {
    const auto agent = agents_.find(well[i].node);
    if (agent == agents_.end() || !is_due(agent->second)) continue;
    const Well& next = well[(i + 1) % well.size()];
    const bool has_other = next.node != well[i].node && next.kubelet;
    if (!has_other && in_doubt.empty()) continue;
    if (++tried > kTriesInOneGo) return;
    const wire::KubeletPort& other = has_other ? *next.kubelet : in_doubt.front().kubelet;
    agent->second.tries = now + (has_other ? kTryEach : kTrySoon);
    agent->second.asked_for = other.node;
    questions[well[i].node].kubelets.push_back(other);
  }
  // One that is alone is asked as soon as anybody else is in doubt.
  if (well.size() == 1) return;
  for (auto& [node, agent] : agents_) {
    if (is_due(agent)) agent.tries = now + kTrySoon;
  }
}

void Neighbours::Ask(const InDoubt& node, Doubt& doubt, const std::vector<Well>& well, Mono now,
                     Questions& questions) {
  doubt.next = now + PauseAfter(now - doubt.since);
  doubt.turn += std::erase_if(doubt.of, [&](const auto& one) {
    const Answer& answer = one.second;
    return answer.waiting && now - answer.asked >= kAnswersWithin;
  });
  for (const std::string& neighbour : Chosen(node, doubt.turn, well)) {
    wire::ProbeNeighbours& question = questions[neighbour];
    if (question.kubelets.size() >= wire::kMostProbed) continue;
    question.kubelets.push_back(node.kubelet);
    ++asked_;
    Answer& answer = doubt.of[neighbour];
    if (!std::exchange(answer.waiting, true)) answer.asked = now;
  }
}

void Neighbours::Found(const std::string& by, const wire::NeighbourProbed& found, Mono now) {
  const auto agent = agents_.find(by);
  const bool reached = agent != agents_.end() && agent->second.asked_for == found.node &&
                       found.outcome == wire::ProbeOutcome::kAccepted;
  if (reached) agent->second.has_reached = true;
  const auto doubt = doubts_.find(found.node);
  if (doubt == doubts_.end()) return;
  if (reached) doubt->second.of.try_emplace(by);
  const auto asked = doubt->second.of.find(by);
  if (asked == doubt->second.of.end()) return;
  ++answered_;
  asked->second.waiting = false;
  asked->second.at = now;
  asked->second.outcome = found.outcome;
}

std::size_t Neighbours::able() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(agents_, [](const auto& agent) { return agent.second.has_reached; }));
}

NeighbourWitness Neighbours::Of(std::string_view node, Mono now) const {
  NeighbourWitness witness;
  const auto doubt = doubts_.find(node);
  if (doubt == doubts_.end()) return witness;
  const Duration fresh = PauseAfter(now - doubt->second.since) + kAnswersWithin;
  for (const auto& [neighbour, answer] : doubt->second.of) {
    if (!answer.at || now - *answer.at > fresh) continue;
    const bool accepted = answer.outcome == wire::ProbeOutcome::kAccepted;
    const bool refused = answer.outcome == wire::ProbeOutcome::kRefused;
    (accepted ? witness.reach_it : refused ? witness.refused : witness.find_nobody).push_back(neighbour);
  }
  return witness;
}

}  // namespace loadline::collector
