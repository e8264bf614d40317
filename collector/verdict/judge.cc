#include "collector/verdict/judge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace loadline::collector {
namespace {

// In a row: a refusal is an answer, and nothing is lost on the way.
constexpr int kRefusals = 3;
// Requests without an answer, in a row: a node under load may take its time once.
constexpr int kMute = 3;
// As many attempts as may be lost in a row where one in ten is.
constexpr int kLossy = 6;
// A doubted node is asked all the time: an older answer may be from before whatever happened.
constexpr Duration kAnswersNow = std::chrono::seconds(5);
// Neither its agent nor its machine is heard; nor do its neighbours hear it.
constexpr double kTwoSigns = 0.95;
constexpr double kThreeSigns = 0.99;

// A kubelet that does not renew its Lease does not run as it should, whoever gets a connection to it.
bool IsReachedByOthers(const NodeVerdict& verdict) {
  return verdict.lease == LeaseSays::kRenewed ||
         (verdict.neighbours == NeighboursSay::kReachIt && verdict.lease != LeaseSays::kStill);
}

// Who else does or does not reach a node at whose port nothing answers.
std::string OfOthers(const NodeVerdict& verdict, const NeighbourWitness& neighbours) {
  std::string words;
  if (verdict.neighbours == NeighboursSay::kReachIt)
    words += fmt::format("; its machine answers {}{}", fmt::join(neighbours.reach_it, " and "),
                         IsReachedByOthers(verdict) ? ": only the way from the collector is broken" : "");
  if (verdict.neighbours == NeighboursSay::kRefused)
    words += fmt::format("; its machine refuses connections of {}: it runs, and its kubelet does not",
                         fmt::join(neighbours.refused, " and "));
  if (verdict.neighbours == NeighboursSay::kFindNobody)
    words += fmt::format(", for {} either", fmt::join(neighbours.find_nobody, " and "));
  if (verdict.lease == LeaseSays::kRenewed)
    words += "; its Lease is renewed: its kubelet runs, and reaches the API server";
  return words;
}

}  // namespace

bool Judge::IsGone(const Witness& witness) {
  return witness.knows && witness.expected.empty() &&
         (witness.unanswered >= witness.enough || witness.refused >= kRefusals);
}

void Judge::Weigh(NodeVerdict& verdict, const Witness& witness, Mono now) const {
  NodeLiveness& signs = verdict.signs;
  verdict.lease = SaidBy(witness.lease, now);
  verdict.neighbours = SaidBy(witness.neighbours);
  if (!witness.expected.empty()) {
    signs.reason += "; " + witness.expected;
  } else if (IsGone(witness)) {
    verdict.silence_of = witness.unanswered == 0      ? SilenceOf::kKubelet
                         : IsReachedByOthers(verdict) ? SilenceOf::kWay
                                                      : SilenceOf::kNode;
    signs.state = NodeState::kSilent;
    signs.reason = fmt::format("no heartbeat for {}, and {}", FormatSeconds(Seconds(signs.silent_for)),
                               witness.unanswered > 0 ? "nothing answers at its kubelet's port"
                                                      : "its kubelet's port refuses connections");
    signs.reason += OfOthers(verdict, witness.neighbours);
  } else if (signs.state == NodeState::kSilent && witness.answered) {
    if (witness.mute >= kMute) {
      verdict.silence_of = SilenceOf::kHung;
      signs.reason += "; its kubelet's port accepts connections and answers none: the node hangs";
    } else if (now - *witness.answered < kAnswersNow) {
      if (witness.enough >= kLossy && signs.silent_for < options_.lossy_agent_after) {
        signs.state = NodeState::kReporting;
        signs.reason += "; its kubelet answers, over a line that loses packets: it is waited for";
        return;
      }
      verdict.silence_of = SilenceOf::kAgent;
      signs.reason += "; its kubelet answers, so that it is rather the agent than the node";
    }
  }
}

double Judge::Confidence(const NodeVerdict& verdict) const {
  const NodeLiveness& signs = verdict.signs;
  const bool two_signs = verdict.silence_of == SilenceOf::kNode || verdict.silence_of == SilenceOf::kHung ||
                         verdict.silence_of == SilenceOf::kWay;
  if (signs.state == NodeState::kSilent && two_signs)
    return verdict.neighbours == NeighboursSay::kFindNobody ? kThreeSigns : kTwoSigns;
  const double share = Seconds(signs.silent_for) / Seconds(signs_.silent_after);
  return signs.state == NodeState::kSilent ? std::min(1.0, share / 2) : std::clamp(1 - share / 2, 0.5, 1.0);
}

bool Judge::IsHeld(const NodeVerdict& held, const NodeLiveness& signs) {
  if (signs.state != NodeState::kReporting) return false;
  return (held.state == NodeState::kSilent && signs.unheard) ||
         (held.state == NodeState::kStale && signs.no_window);
}

std::vector<std::string> Judge::Look(const Model& model, const Liveness& liveness, Mono now, Wall wall,
                                     const std::function<Witness(const std::string&)>& witness_of) {
  std::erase_if(verdicts_, [&](const auto& verdict) { return !model.Knows(verdict.first); });
  unheard_ = 0;
  std::size_t late = 0;
  std::map<std::string_view, SilenceOf> behind;  // the silence, of those that are silent
  model.nodes().ForEach([&](NodeId, const Node& node) {
    NodeVerdict& verdict = verdicts_.try_emplace(node.name, NodeVerdict{.since = wall}).first->second;
    NodeVerdict seen{.signs = liveness.Of(node.name, now)};
    if (seen.signs.doubtful && witness_of) Weigh(seen, witness_of(node.name), now);
    if (IsHeld(verdict, seen.signs)) {
      seen.signs.state = verdict.state;
      seen.signs.reason = verdict.reason;
      seen.signs.silent_for = std::max(seen.signs.silent_for, verdict.signs.silent_for);
      seen.silence_of = verdict.silence_of;
    }
    verdict.signs = std::move(seen.signs);
    verdict.lease = seen.lease;
    verdict.neighbours = seen.neighbours;
    if (IsLate(verdict.signs)) ++late;
    if (verdict.signs.state != NodeState::kSilent) return;
    ++unheard_;
    behind.emplace(node.name, seen.silence_of);
  });
  const auto most = [&](std::size_t some) {
    return verdicts_.size() >= options_.fewest_for_doubt && some * 2 > verdicts_.size();
  };
  isolated_ = most(unheard_);
  // The first that would be called silent may be so a second before the others.
  in_doubt_ = isolated_ || most(late);
  NoteDoubt(now);
  std::vector<std::string> changed;
  for (auto& [node, verdict] : verdicts_) {
    const NodeLiveness& signs = verdict.signs;
    if (signs.state == NodeState::kSilent && (in_doubt_ || FindsBack(signs, now))) {
      verdict.confidence = 0;
      verdict.reason = signs.reason;
      if (verdict.state != NodeState::kSilent)
        verdict.reason += in_doubt_ ? "; most nodes are not heard: it is not judged"
                                    : "; most nodes were not heard just now: it may find its way back";
      continue;
    }
    const auto silent = behind.find(node);
    const SilenceOf silence_of = silent != behind.end() ? silent->second : SilenceOf::kUnknown;
    if (std::exchange(verdict.silence_of, silence_of) != silence_of) news_.insert(node);
    verdict.confidence = Confidence(verdict);
    verdict.reason = signs.reason;
    if (std::exchange(verdict.state, signs.state) == signs.state) continue;
    verdict.since = wall;
    changed.push_back(node);
    news_.insert(node);
  }
  return changed;
}

// Of one whose heartbeats come in fits others are asked later: of what the collector hears this says as much.
bool Judge::IsLate(const NodeLiveness& signs) const {
  return signs.doubtful || (!signs.stopped && signs.silent_for >= signs_.doubt_after);
}

void Judge::NoteDoubt(Mono now) {
  if (!in_doubt_) return;
  // Another doubt in the time in which they find back is the same one.
  if (!doubt_from_ || now - doubt_until_ > options_.find_back) doubt_from_ = now;
  doubt_until_ = now;
}

bool Judge::FindsBack(const NodeLiveness& signs, Mono now) const {
  if (!doubt_from_) return false;
  const Duration since = now - doubt_until_;
  return signs.silent_for > since &&
         since < std::min<Duration>(doubt_until_ - *doubt_from_, options_.find_back);
}

const NodeVerdict& Judge::Of(std::string_view node) const {
  static const NodeVerdict kWell;
  const auto found = verdicts_.find(node);
  return found != verdicts_.end() ? found->second : kWell;
}

}  // namespace loadline::collector
