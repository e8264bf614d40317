#include "collector/simulate/node_watch.h"

#include <algorithm>
#include <utility>

#include "collector/fleet/fleet.h"

namespace loadline::collector {
namespace {

constexpr double kTickEvery = 1;
// On a line without loss.
constexpr double kAnswerTakes = 0.01;
// A neighbour waits so long.
constexpr double kGivenUp = 1.5;
// Between two steps: more is a pause of the whole process.
constexpr double kPause = 1;

wire::ProbeOutcome OutcomeOf(PortAnswer answer) {
  if (answer == PortAnswer::kNothing) return wire::ProbeOutcome::kNoAnswer;
  return answer == PortAnswer::kRefused ? wire::ProbeOutcome::kRefused : wire::ProbeOutcome::kAccepted;
}

}  // namespace

std::size_t NodeWatch::Add(std::string name) {
  numbers_.emplace(name, ports_.size());
  neighbours_.Greeted(name, static_cast<bool>(outside_.neighbour));
  ports_.push_back({.name = std::move(name)});
  return ports_.size() - 1;
}

Witness NodeWatch::WitnessOf(const std::string& node, Wall wall) const {
  const auto number = numbers_.find(node);
  if (number == numbers_.end()) return {};
  const Port& port = ports_[number->second];
  Witness witness = port.record.witness();
  if (port.lease) witness.lease = port.lease->witness();
  witness.neighbours = neighbours_.Of(node, MonoAt(last_step_));
  return Expecting(std::move(witness), outside_.marks ? outside_.marks(node) : std::nullopt,
                   model_.FindNode(node), wall);
}

bool NodeWatch::Step(double at, Wall wall) {
  const Mono now = MonoAt(at);
  Doubt(at);
  AskForLeases(at);
  AskNeighbours(at);
  for (std::size_t node = 0; node < ports_.size(); ++node) Attend(node, at);
  last_step_ = at;
  const auto witness_of = [&](const std::string& node) { return WitnessOf(node, wall); };
  if (MayHaveDied(doubted_, judge_, witness_of)) next_tick_ = at;
  if (at < next_tick_) return false;
  next_tick_ = at + kTickEvery;
  liveness_.Tick(now);
  judge_.Look(model_, liveness_, now, wall, witness_of);
  return true;
}

void NodeWatch::Doubt(double at) {
  std::set<std::string, std::less<>> doubtful = liveness_.Doubtful(MonoAt(at));
  for (const std::string& node : doubted_) {
    const auto number = numbers_.find(node);
    if (number != numbers_.end() && !doubtful.contains(node)) ports_[number->second].doubted = false;
  }
  for (const std::string& node : doubtful) {
    const auto number = numbers_.find(node);
    if (number == numbers_.end() || std::exchange(ports_[number->second].doubted, true)) continue;
    ports_[number->second].record.Doubt(MonoAt(at));
  }
  doubted_ = std::move(doubtful);
}

// An answer takes no time.
void NodeWatch::AskForLeases(double at) {
  if (!outside_.lease) return;
  const Mono now = MonoAt(at);
  for (Port& port : ports_) {
    if (!port.doubted)
      port.lease.reset();
    else if (!port.lease)
      port.lease.emplace(now);
    if (port.lease && port.lease->next() <= now) port.lease->Answered(outside_.lease(port.name), now);
  }
}

void NodeWatch::AskNeighbours(double at) {
  if (!outside_.neighbour) return;
  for (; !found_.empty() && found_.begin()->first <= at; found_.erase(found_.begin())) {
    const auto& [by, found] = found_.begin()->second;
    neighbours_.Found(by, found, MonoAt(at));
  }
  const auto kubelet_of = [this](const std::string& node) -> std::optional<wire::KubeletPort> {
    if (!numbers_.contains(node)) return std::nullopt;
    return wire::KubeletPort{.node = node, .address = node, .port = 10250};
  };
  const auto due = QuestionsAbout(doubted_, neighbours_, model_, judge_, kubelet_of, MonoAt(at));
  for (const auto& [by, question] : due) {
    for (const wire::KubeletPort& kubelet : question.kubelets) {
      const auto answer = outside_.neighbour(numbers_.at(kubelet.node), numbers_.at(by), at);
      if (!answer) continue;
      const bool nobody = *answer == PortAnswer::kNothing;
      found_.emplace(at + (nobody ? kGivenUp : kAnswerTakes),
                     std::pair(by, wire::NeighbourProbed{kubelet.node, OutcomeOf(*answer)}));
    }
  }
}

// All that an attempt, or its end, was due for since the last step.
void NodeWatch::Attend(std::size_t node, double at) {
  Port& port = ports_[node];
  // Nothing was asked while everything stood still.
  const double earliest = at - last_step_ > kPause ? at : 0;
  for (;;) {
    if (port.answer_ends <= at) {
      const double ended = std::exchange(port.answer_ends, kNever);
      port.record.Answered(port.answered, MonoAt(std::max(ended, earliest)));
    }
    if (port.given_up_at <= at) {
      port.given_up_at = kNever;
      port.record.Settle(PortAnswer::kNothing);
    }
    const double due = std::max(Seconds(port.record.next().time_since_epoch()), earliest);
    if (port.given_up_at != kNever || due > at) return;
    Attempt(node, due);
  }
}

void NodeWatch::Attempt(std::size_t node, double at) {
  Port& port = ports_[node];
  port.record.Begin(port.doubted, MonoAt(at), pace_);
  const PortAnswer answer = outside_.connect(node, at);
  if (answer == PortAnswer::kNothing) {
    port.given_up_at = at + Seconds(pace_.patience);
    return;
  }
  port.record.Settle(answer);
  if (answer == PortAnswer::kRefused || port.record.listening()) return;
  port.record.Requested();
  port.answered = outside_.answers(node, at);
  port.answer_ends = at + (port.answered ? kAnswerTakes : Seconds(pace_.answer));
}

}  // namespace loadline::collector
