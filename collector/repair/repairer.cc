#include "collector/repair/repairer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "schemas/base/units.h"

namespace loadline::collector {
namespace {

using enum NodeTrouble;

// What is taken back, or said to a person, and did not work is tried again after this.
constexpr Duration kTryAgain = std::chrono::minutes(1);

std::string For(Duration time) {
  return FormatSeconds(Seconds(std::max(time, Duration::zero())));
}

// Who goes first when not all may: what surely runs nothing any more before what may still.
int Urgency(NodeTrouble trouble) {
  static constexpr std::array kOrder = {kGone,        kKernelHung,     kDiskReadOnly, kKubeletDead,
                                        kPartitioned, kMemoryLivelock, kAgentDead};
  return static_cast<int>(std::ranges::find(kOrder, trouble) - kOrder.begin());
}

bool Climbs(RepairStep step) {
  return step == RepairStep::kRestartAgent || TakesCapacity(step);
}

StepState StateAfter(StepEnd end) {
  switch (end) {
    case StepEnd::kDone:
      return StepState::kDone;
    case StepEnd::kFailed:
      return StepState::kFailed;
    case StepEnd::kNotBegun:
      return StepState::kNone;
    case StepEnd::kUnclear:
      return StepState::kUnclear;
  }
  return StepState::kUnclear;
}

void EndStep(RepairCase& repair, StepEnd end, std::string detail, Wall now) {
  const RepairStep step = repair.step;
  repair.state = StateAfter(end);
  repair.at = now;
  repair.detail = std::move(detail);
  const bool begun = end != StepEnd::kNotBegun;
  // What may have been done is not done again either.
  if (begun && Climbs(step)) repair.done = std::max(step, repair.done.value_or(step));
  const bool surely_not = !begun || end == StepEnd::kFailed;
  if (surely_not && step == RepairStep::kCordon) repair.cordoned = false;
  if (end == StepEnd::kDone && step == RepairStep::kUncordon) repair.cordoned = false;
  if (end == StepEnd::kFailed && step == RepairStep::kPage) repair.patience = kTryAgain;
}

}  // namespace

// A step that a node's trouble leads to, if the envelope lets it.
struct Repairer::Candidate {
  const RepairNode* node = nullptr;
  RepairCase* repair = nullptr;  // null: none is open
  Rung rung;
  RepairMode mode{};
  std::string why;
  Wall since{};

  [[nodiscard]] bool in_flight() const { return repair != nullptr && repair->InFlight(); }
  // Taking back and telling cost nobody anything; what was begun is gone on with before another one is begun.
  [[nodiscard]] auto Rank() const {
    const int kind = rung.step == RepairStep::kUncordon ? 0
                     : rung.step == RepairStep::kPage   ? 1
                     : in_flight()                      ? 2
                                                        : 3;
    return std::tuple(kind, Urgency(node->trouble), since, std::string_view(node->name));
  }
};

// One step.
struct Repairer::Turn {
  const Fleet& fleet;
  const Wall now;
  Outcome outcome;
  std::set<std::string> touched;
  std::vector<Candidate> candidates;
  // For what is carried out, and for what is only said.
  EnvelopeTally real;
  EnvelopeTally dry;

  void HoldBack(const RepairNode& node, std::optional<RepairStep> step, const Hold& hold) {
    outcome.held.push_back({node.name, node.pool, node.trouble, step, hold.kind, hold.words});
  }
};

RepairMode RepairOptions::ModeOf(std::string_view pool) const {
  const auto found = pools.find(pool);
  return found != pools.end() ? found->second : mode;
}

Repairer::Outcome Repairer::Step(const Fleet& fleet, Wall now) {
  Turn turn{.fleet = fleet,
            .now = now,
            .real = EnvelopeTally(options_.limits, false),
            .dry = EnvelopeTally(options_.limits, true)};
  const std::optional<Wall> last = std::exchange(last_step_, now);
  const bool stalled = last && (now - *last > options_.limits.stall || now < *last);
  if (fleet.blind || stalled) looking_since_.reset();
  if (fleet.stand_by) stood_by_ = now;
  if (fleet.blind) {
    for (const RepairNode& node : fleet.nodes) {
      if (node.trouble != kNone)
        turn.HoldBack(node, {}, {HoldKind::kBlind, "the collector does not trust what it sees"});
    }
  } else {
    Look(turn);
    for (const RepairNode& node : fleet.nodes) Consider(turn, node);
    std::ranges::sort(turn.candidates, {}, [](const Candidate& candidate) { return candidate.Rank(); });
    for (const Candidate& candidate : turn.candidates) Go(turn, candidate);
  }
  std::ranges::sort(turn.outcome.held, {}, &HeldBack::node);
  turn.touched.merge(std::exchange(owed_, {}));
  for (const std::string& key : turn.touched) {
    const auto found = cases_.find(key);
    turn.outcome.changed.emplace_back(key,
                                      found != cases_.end() ? std::optional(found->second) : std::nullopt);
  }
  return std::move(turn.outcome);
}

void Repairer::Undo(const Outcome& outcome) {
  for (const auto& [key, before] : outcome.before) {
    if (before) {
      cases_[key] = *before;
    } else {
      cases_.erase(key);
    }
  }
  for (const Change& change : outcome.changed) owed_.insert(change.first);
  IndexOpen();
}

// ---- what is seen

void Repairer::Look(Turn& turn) {
  const RepairLimits& limits = options_.limits;
  const Wall now = turn.now;
  const bool anew = !looking_since_;
  if (anew) looking_since_ = now;
  std::set<std::string_view> names;
  for (const RepairNode& node : turn.fleet.nodes) {
    names.insert(node.name);
    See(node, anew, now);
  }
  std::erase_if(seen_, [&](const auto& seen) { return !names.contains(seen.first); });
  while (!falls_.empty() && now - falls_.front() >= limits.storm_window) falls_.pop_front();
  const int fall_at_most = ShareOf(limits.storm_share, turn.fleet.nodes.size(), limits.storm_least);
  if (falls_.size() > static_cast<std::size_t>(fall_at_most)) storm_ = now;
  turn.outcome.storm = storm_ && now - *storm_ < limits.storm_quiet;

  CloseGone(turn);
  Forget(turn);
  const bool dry_runs = DryRuns();
  for (const auto& [_, repair] : cases_) {
    turn.real.AddCase(repair, now);
    if (dry_runs) turn.dry.AddCase(repair, now);
  }
  for (const RepairNode& node : turn.fleet.nodes) {
    const RepairCase* repair = OpenCase(node.name);
    const bool in_flight = repair != nullptr && repair->InFlight();
    turn.real.AddNode(node, in_flight && repair->real());
    if (dry_runs) turn.dry.AddNode(node, in_flight);
  }
}

bool Repairer::DryRuns() const {
  return options_.mode == RepairMode::kDryRun || std::ranges::any_of(options_.pools, [](const auto& pool) {
           return pool.second == RepairMode::kDryRun;
         });
}

// `anew`: what was before is not known, so that every trouble lasts from now on.
void Repairer::See(const RepairNode& node, bool anew, Wall now) {
  const auto [found, unknown] = seen_.try_emplace(node.name);
  Seen& seen = found->second;
  const NodeTrouble before = std::exchange(seen.trouble, node.trouble);
  if (anew || unknown || before != node.trouble) seen.since = now;
  const bool ill = node.trouble != kNone && node.trouble != kToBeTaken;
  if ((before == kNone || before == kToBeTaken) && ill && !WorkedOn(node)) {
    seen.falls.push_back(now);
    falls_.push_back(now);
  }
  while (!seen.falls.empty() && now - seen.falls.front() >= options_.limits.flap_window)
    seen.falls.pop_front();
}

void Repairer::CloseGone(Turn& turn) {
  if (turn.now - *looking_since_ < options_.limits.settle) return;
  std::vector<std::string> gone;
  for (const auto& [node, key] : open_) {
    if (!seen_.contains(node)) gone.push_back(key);
  }
  for (const std::string& key : gone) Close(turn, Touch(turn, key), "the node is no longer in the cluster");
}

void Repairer::Forget(Turn& turn) {
  std::vector<std::string> old;
  for (const auto& [key, repair] : cases_) {
    if (!repair.open() && turn.now - *repair.closed >= kDay) old.push_back(key);
  }
  for (const std::string& key : old) {
    Touch(turn, key);
    cases_.erase(key);
  }
}

// ---- one node

void Repairer::Consider(Turn& turn, const RepairNode& node) {
  RepairCase* repair = OpenCase(node.name);
  const RepairMode mode = options_.ModeOf(node.pool);
  if (repair != nullptr && !repair->real() && mode != RepairMode::kDryRun) {
    Close(turn, Touch(turn, repair->Key()), "the mode of its pool is another now");
    repair = nullptr;
  }
  const bool acts = mode == RepairMode::kAsk || mode == RepairMode::kAuto;
  if (repair != nullptr && repair->real() && !acts) {
    return turn.HoldBack(
        node, {},
        {HoldKind::kOff,
         fmt::format("its repair was begun, and the mode of its pool is {} now", Name(mode))});
  }
  if (repair != nullptr) GiveUpWaiting(turn, *repair);
  // Its cordon is taken back: what comes now is another repair, from the first step on.
  if (repair != nullptr && repair->step == RepairStep::kUncordon && repair->state == StepState::kDone) {
    Close(turn, Touch(turn, repair->Key()), "it was well again");
    repair = nullptr;
  }
  if (node.trouble == kNone) {
    if (repair != nullptr) Recover(turn, node, *repair);
  } else if (acts && turn.fleet.stand_by) {
    HoldForAnother(turn, node, repair);
  } else if (mode == RepairMode::kOff) {
    turn.HoldBack(node, {}, {HoldKind::kOff, "the mode of its pool is off"});
  } else {
    Treat(turn, node, repair);
  }
}

void Repairer::GiveUpWaiting(Turn& turn, const RepairCase& repair) {
  const Duration patience = options_.limits.outcome_within;
  if (repair.state != StepState::kOrdered || turn.now - repair.at < patience) return;
  RepairCase& late = Touch(turn, repair.Key());
  EndStep(late, StepEnd::kUnclear, fmt::format("nothing was heard of it for {}", For(patience)), turn.now);
}

// While another collector repairs, or may. Where no other one tells people, nobody is forgotten either.
void Repairer::HoldForAnother(Turn& turn, const RepairNode& node, RepairCase* repair) {
  const StandBy& why = *turn.fleet.stand_by;
  turn.HoldBack(node, {}, {HoldKind::kStandBy, why.words});
  const Duration lasts = turn.now - Of(node).since;
  const bool waits = repair != nullptr && Waiting(*repair, turn.now);
  const bool told = why.elsewhere || lasts < options_.limits.tell_after;
  if (waits || told || options_.policy.For(node.trouble) == nullptr || OthersAtWork(turn, node, repair))
    return;
  turn.candidates.push_back({.node = &node,
                             .repair = repair,
                             .rung = {RepairStep::kPage, Duration::zero()},
                             .mode = options_.ModeOf(node.pool),
                             .why = fmt::format("{} for {}; {}", Name(node.trouble), For(lasts), why.words),
                             .since = Of(node).since});
}

// A node that is well, and whose repair is not at its end.
void Repairer::Recover(Turn& turn, const RepairNode& node, RepairCase& repair) {
  const Duration well = turn.now - Of(node).since;
  if (auto hold = Waiting(repair, turn.now); hold && hold->kind == HoldKind::kUnderWay)
    return turn.HoldBack(node, {}, *hold);
  if (well < options_.limits.well_for) {
    return turn.HoldBack(node, {},
                         {HoldKind::kPatience, fmt::format("it is well for {}, and has to be for {}",
                                                           For(well), For(options_.limits.well_for))});
  }
  // Somebody else may have taken the cordon back.
  if (!repair.cordoned || (repair.real() && !node.cordoned))
    return Close(turn, Touch(turn, repair.Key()), "it is well again");
  if (turn.fleet.stand_by && repair.real())
    return turn.HoldBack(node, RepairStep::kUncordon, {HoldKind::kStandBy, turn.fleet.stand_by->words});
  if (auto hold = Settling(node, turn.now)) return turn.HoldBack(node, RepairStep::kUncordon, *hold);
  if (node.maintenance)
    return turn.HoldBack(node, RepairStep::kUncordon, {HoldKind::kMaintenance, node.maintenance->words});
  const bool tried = repair.step == RepairStep::kUncordon && repair.state != StepState::kNone;
  if (tried && turn.now - repair.at < kTryAgain)
    return turn.HoldBack(node, RepairStep::kUncordon,
                         {HoldKind::kPatience, "it could not be uncordoned just now"});
  // Our own cordon is taken back without asking.
  turn.candidates.push_back({.node = &node,
                             .repair = &repair,
                             .rung = {RepairStep::kUncordon, Duration::zero()},
                             .mode = repair.real() ? RepairMode::kAuto : RepairMode::kDryRun,
                             .why = fmt::format("it is well for {}", For(well)),
                             .since = Of(node).since});
}

void Repairer::Treat(Turn& turn, const RepairNode& node, RepairCase* repair) {
  const Wall now = turn.now;
  const Seen& seen = Of(node);
  const Duration lasts = now - seen.since;
  if (repair != nullptr) {
    if (auto hold = Waiting(*repair, now)) return turn.HoldBack(node, {}, *hold);
  }
  if (auto hold = NotOurs(turn, node, repair)) return turn.HoldBack(node, {}, *hold);
  const RepairRule* rule = options_.policy.For(node.trouble);
  if (rule == nullptr)
    return turn.HoldBack(node, {},
                         {HoldKind::kNoRule, fmt::format("nothing is done about '{}'", Name(node.trouble))});
  const std::string hopeless = Hopeless(node, now);
  const std::optional<Rung> rung =
      hopeless.empty() ? Next(*rule, node.trouble, repair) : Rung{RepairStep::kPage, Duration::zero()};
  if (!rung) return turn.HoldBack(node, {}, {HoldKind::kTold, "all was tried"});
  if (lasts < rule->after) {
    return turn.HoldBack(node, rung->step,
                         {HoldKind::kTooSoon, fmt::format("'{}' lasts for {}, and has to for {}",
                                                          Name(node.trouble), For(lasts), For(rule->after))});
  }
  turn.candidates.push_back({.node = &node,
                             .repair = repair,
                             .rung = *rung,
                             .mode = options_.ModeOf(node.pool),
                             .why = fmt::format("{} for {}{}{}{}{}", Name(node.trouble), For(lasts),
                                                node.evidence.empty() ? "" : ": ", node.evidence,
                                                hopeless.empty() ? "" : "; ", hopeless),
                             .since = seen.since});
}

// What its own case says against another step now.
std::optional<Hold> Repairer::Waiting(const RepairCase& repair, Wall now) const {
  if (repair.state == StepState::kOrdered)
    return Hold{HoldKind::kUnderWay,
                fmt::format("'{}' is under way for {}", Name(repair.step), For(now - repair.at))};
  if (repair.state == StepState::kRefused)
    return Hold{HoldKind::kRefused, fmt::format("'{}' was refused: {}", Name(repair.step), repair.detail)};
  // One who could not be told is told again.
  const bool untold = repair.step == RepairStep::kPage &&
                      (repair.state == StepState::kFailed || repair.state == StepState::kNone);
  if (repair.told && !untold) return Hold{HoldKind::kTold, "a person was told"};
  const bool over = repair.state == StepState::kDone || repair.state == StepState::kFailed;
  if (over && now - repair.at < repair.patience) {
    return Hold{HoldKind::kPatience, fmt::format("'{}' has {} more to help", Name(repair.step),
                                                 For(repair.patience - (now - repair.at)))};
  }
  return std::nullopt;
}

std::optional<Hold> Repairer::Settling(const RepairNode& node, Wall now) const {
  Wall since = *looking_since_;
  // What another collector did last is seen on the nodes by then.
  if (options_.ModeOf(node.pool) != RepairMode::kDryRun && stood_by_) since = std::max(since, *stood_by_);
  const Duration looking = now - since;
  if (looking >= options_.limits.settle) return std::nullopt;
  return Hold{HoldKind::kSettling, fmt::format("the collector looks on for {} first, and does so for {}",
                                               For(options_.limits.settle), For(looking))};
}

// Whether somebody else is at work, or it is too early to say.
std::optional<Hold> Repairer::NotOurs(const Turn& turn, const RepairNode& node,
                                      const RepairCase* repair) const {
  if (auto hold = Settling(node, turn.now)) return hold;
  return OthersAtWork(turn, node, repair);
}

std::optional<Hold> Repairer::OthersAtWork(const Turn& turn, const RepairNode& node,
                                           const RepairCase* repair) {
  if (node.maintenance) {
    const bool upgrade = node.maintenance->kind == MaintenanceKind::kUpgrade;
    return Hold{upgrade ? HoldKind::kUpgrade : HoldKind::kMaintenance, node.maintenance->words};
  }
  if (node.cordoned && (repair == nullptr || !repair->cordoned))
    return Hold{HoldKind::kMaintenance, "somebody else has cordoned it"};
  if (turn.real.Upgrading(node.pool)) return Hold{HoldKind::kUpgrade, "its pool is being upgraded"};
  return std::nullopt;
}

// The first rung above what was done; nothing when there is none.
std::optional<Rung> Repairer::Next(const RepairRule& rule, NodeTrouble trouble,
                                   const RepairCase* repair) const {
  if (repair != nullptr && (repair->told || repair->state == StepState::kUnclear))
    return Rung{RepairStep::kPage, Duration::zero()};
  for (const Rung& rung : rule.ladder) {
    if (rung.step != RepairStep::kPage && !options_.can.contains(rung.step)) continue;
    if ((repair == nullptr || !repair->done || rung.step > *repair->done) && MayLeadTo(trouble, rung.step))
      return rung;
  }
  return std::nullopt;
}

// Why no further repair of it would help; empty: one may.
std::string Repairer::Hopeless(const RepairNode& node, Wall now) const {
  const RepairLimits& limits = options_.limits;
  const bool dry = options_.ModeOf(node.pool) == RepairMode::kDryRun;
  const Seen& seen = Of(node);
  if (seen.falls.size() >= static_cast<std::size_t>(limits.flaps))
    return fmt::format("it fell ill {} times within {}", seen.falls.size(), For(limits.flap_window));
  int repairs = 0;
  for (auto it = cases_.lower_bound(node.name + '@'); it != cases_.end() && it->second.node == node.name;
       ++it) {
    const RepairCase& repair = it->second;
    if (!repair.open() && repair.taken && now - *repair.taken < kDay && (dry || repair.real())) ++repairs;
  }
  if (repairs >= limits.repairs_of_a_node)
    return fmt::format("it was repaired {} times within a day", repairs);
  return {};
}

// ---- all nodes together

void Repairer::Go(Turn& turn, const Candidate& candidate) {
  const RepairNode& node = *candidate.node;
  const RepairStep step = candidate.rung.step;
  if (auto hold = Against(turn, candidate)) {
    turn.HoldBack(node, step, *hold);
    if (turn.now - candidate.since < options_.limits.tell_after) return;
    Candidate told = candidate;
    told.rung = {RepairStep::kPage, Duration::zero()};
    told.why += fmt::format("; '{}' is held back: {}", Name(step), hold->words);
    return Order(turn, told, false);
  }
  const RepairCase* repair = candidate.repair;
  const bool same = repair != nullptr && repair->step == step;
  const bool approved =
      same && repair->state == StepState::kApproved && turn.now - repair->at < options_.limits.approval_lasts;
  const bool asks = candidate.mode == RepairMode::kAsk && step != RepairStep::kPage && !approved;
  if (asks && same && repair->state == StepState::kAsked) {
    return turn.HoldBack(node, step,
                         {HoldKind::kAsked, fmt::format("a person is asked since {}, as {}",
                                                        For(turn.now - repair->at), repair->OrderId())});
  }
  Order(turn, candidate, asks);
}

std::optional<Hold> Repairer::Against(const Turn& turn, const Candidate& candidate) const {
  const RepairStep step = candidate.rung.step;
  const RepairNode& node = *candidate.node;
  if (!Climbs(step)) return std::nullopt;
  if (turn.outcome.storm) {
    return Hold{HoldKind::kStorm,
                fmt::format("too many nodes fell ill at once; nothing is done until none did for {}",
                            For(options_.limits.storm_quiet))};
  }
  const bool dry = candidate.mode == RepairMode::kDryRun;
  if (candidate.repair == nullptr) {
    if (auto hold = CoolingDown(node, dry, turn.now)) return hold;
  }
  if (!TakesCapacity(step)) return std::nullopt;
  return (dry ? turn.dry : turn.real).Against(node, candidate.in_flight());
}

std::optional<Hold> Repairer::CoolingDown(const RepairNode& node, bool dry, Wall now) const {
  for (auto it = cases_.lower_bound(node.name + '@'); it != cases_.end() && it->second.node == node.name;
       ++it) {
    const RepairCase& repair = it->second;
    if (repair.open() || (!repair.taken && !repair.done) || (!dry && !repair.real())) continue;
    const Duration age = now - *repair.closed;
    if (age < options_.limits.cool_down) {
      return Hold{HoldKind::kCoolDown,
                  fmt::format("its last repair ended {} ago, and the next one begins after {}", For(age),
                              For(options_.limits.cool_down))};
    }
  }
  return std::nullopt;
}

// Makes the step the case's, asked for or ordered.
void Repairer::Order(Turn& turn, const Candidate& candidate, bool asks) {
  const RepairNode& node = *candidate.node;
  const RepairStep step = candidate.rung.step;
  RepairCase& repair =
      candidate.repair != nullptr ? Touch(turn, candidate.repair->Key()) : Open(turn, node, candidate.mode);
  const bool dry = candidate.mode == RepairMode::kDryRun;
  // What was approved is ordered under the name by which it was asked for.
  if (asks || repair.state != StepState::kApproved || repair.step != step) {
    ++repair.attempt;
    repair.detail.clear();
  }
  repair.step = step;
  repair.at = turn.now;
  repair.patience = candidate.rung.patience;
  repair.reason = candidate.why;
  repair.state = asks ? StepState::kAsked : StepState::kOrdered;
  if (!asks) {
    if (TakesCapacity(step) && !repair.taken) {
      repair.taken = turn.now;
      if (!dry) turn.real.Begin(node.pool, node.zone);
      turn.dry.Begin(node.pool, node.zone);
    }
    // What may have been done counts as done, until it is known not to be.
    if (step == RepairStep::kCordon) repair.cordoned = true;
    if (step == RepairStep::kPage) repair.told = true;
  }
  const RepairMode mode = dry ? RepairMode::kDryRun : asks ? RepairMode::kAsk : RepairMode::kAuto;
  turn.outcome.intents.push_back({.id = repair.OrderId(),
                                  .node = node.name,
                                  .pool = node.pool,
                                  .step = step,
                                  .trouble = node.trouble,
                                  .mode = mode,
                                  .reason = candidate.why,
                                  .evidence = node.evidence});
  if (dry) Ended(repair.OrderId(), StepEnd::kDone, "dry run: nothing was done", turn.now);
}

// ---- how it goes on

void Repairer::Ended(std::string_view order_id, StepEnd end, std::string detail, Wall now) {
  RepairCase* repair = Find(order_id);
  if (repair == nullptr || (repair->state != StepState::kOrdered && repair->state != StepState::kUnclear))
    return;
  owed_.insert(repair->Key());
  EndStep(*repair, end, std::move(detail), now);
}

Result<Repairer::Outcome> Repairer::Approve(std::string_view order_id, const std::string& who, Wall now) {
  return Decide(order_id, StepState::kApproved, "approved by " + who, now);
}

Result<Repairer::Outcome> Repairer::Refuse(std::string_view order_id, const std::string& who, Wall now) {
  return Decide(order_id, StepState::kRefused, "refused by " + who, now);
}

Result<Repairer::Outcome> Repairer::Decide(std::string_view order_id, StepState state, std::string detail,
                                           Wall now) {
  RepairCase* repair = Find(order_id);
  if (repair == nullptr || repair->state != StepState::kAsked)
    return Failure(ErrorKind::kNotFound, fmt::format("no repair asks for approval as '{}'", order_id));
  Outcome outcome;
  outcome.before.emplace(repair->Key(), *repair);
  repair->state = state;
  repair->at = now;
  repair->detail = std::move(detail);
  // Whoever refuses has taken over.
  repair->told = repair->told || state == StepState::kRefused;
  outcome.changed.emplace_back(repair->Key(), *repair);
  return outcome;
}

// ---- cases

void Repairer::Restore(RepairCase repair, Wall now) {
  // A clock that was ahead must not hold back, or let go, anything for years.
  repair.at = std::min(repair.at, now);
  if (repair.taken) repair.taken = std::min(*repair.taken, now);
  if (repair.closed) repair.closed = std::min(*repair.closed, now);
  const std::string key = repair.Key();
  cases_[key] = std::move(repair);
  IndexOpen();
}

void Repairer::Learn(const std::vector<RecordedRepair>& repairs, Wall now) {
  for (const RecordedRepair& one : repairs) {
    const auto of = CaseOfKey(one.key);
    if (!of || cases_.contains(one.key) || (one.closed && now - *one.closed >= kDay)) continue;
    RepairCase repair{.node = of->first,
                      .pool = one.pool,
                      .zone = one.zone,
                      .mode = RepairMode::kAuto,
                      .trouble = kUnknown,
                      .opened = of->second,
                      .taken = one.taken,
                      .closed = one.closed.value_or(now),
                      .step = RepairStep::kCordon,
                      .at = one.closed.value_or(now),
                      .detail = "another collector repaired it"};
    if (repair.Key() != one.key) continue;
    Restore(std::move(repair), now);
    owed_.insert(one.key);
  }
}

std::vector<RecordedRepair> Repairer::Recorded(Wall now) const {
  std::vector<RecordedRepair> repairs;
  for (const auto& [key, repair] : cases_) {
    if (!repair.real() || !repair.taken || (repair.closed && now - *repair.closed >= kDay)) continue;
    repairs.push_back({key, repair.pool, repair.zone, *repair.taken, repair.closed});
  }
  return repairs;
}

void Repairer::Close(Turn& turn, RepairCase& repair, std::string how) {
  repair.closed = turn.now;
  repair.detail = std::move(how);
  open_.erase(repair.node);
}

RepairCase& Repairer::Touch(Turn& turn, const std::string& key) {
  const auto found = cases_.find(key);
  turn.outcome.before.try_emplace(key, found != cases_.end() ? std::optional(found->second) : std::nullopt);
  turn.touched.insert(key);
  return found != cases_.end() ? found->second : cases_[key];
}

RepairCase& Repairer::Open(Turn& turn, const RepairNode& node, RepairMode mode) {
  RepairCase repair{.node = node.name,
                    .pool = node.pool,
                    .zone = node.zone,
                    .mode = mode,
                    .trouble = node.trouble,
                    .opened = turn.now};
  // Two of one node at one instant would be one.
  while (cases_.contains(repair.Key())) repair.opened += Duration(1);
  const std::string key = repair.Key();
  open_[node.name] = key;
  return Touch(turn, key) = std::move(repair);
}

RepairCase* Repairer::OpenCase(const std::string& node) {
  if (open_.empty()) return nullptr;
  const auto found = open_.find(node);
  return found != open_.end() ? &cases_.find(found->second)->second : nullptr;
}

RepairCase* Repairer::Find(std::string_view order_id) {
  const auto found = cases_.find(std::string(KeyOfOrder(order_id)));
  if (found == cases_.end() || !found->second.open() || found->second.OrderId() != order_id) return nullptr;
  return &found->second;
}

void Repairer::IndexOpen() {
  open_.clear();
  for (const auto& [key, repair] : cases_) {
    if (repair.open()) open_[repair.node] = key;
  }
}

}  // namespace loadline::collector
