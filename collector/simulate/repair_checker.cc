#include "collector/simulate/repair_checker.h"

#include <algorithm>
#include <functional>

namespace loadline::collector {

using enum NodeTrouble;

std::string NamesOf(std::uint32_t broken) {
  static constexpr std::array kNames = {"blind", "mode",       "trouble",    "too soon",   "two actors",
                                        "storm", "unfit",      "last fit",   "in flight",  "rate",
                                        "day",   "node again", "step again", "unexplained"};
  std::string names;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if ((broken >> i & 1) != 0) names += std::string(names.empty() ? "" : ", ") + kNames.at(i);
  }
  return names;
}

namespace {

bool Takes(RepairStep step) {
  return step == RepairStep::kCordon || step == RepairStep::kDrain || step == RepairStep::kReboot ||
         step == RepairStep::kReimage || step == RepairStep::kReplace;
}

bool AtWork(const RepairNode& node) {
  return node.maintenance.has_value() && node.maintenance->kind != MaintenanceKind::kLeftAlone;
}

// Written out once more: what may be done about what.
bool Allowed(NodeTrouble trouble, RepairStep step) {
  switch (step) {
    case RepairStep::kRestartAgent:
      return trouble == kAgentDead || trouble == kPartitionedFromCollector;
    case RepairStep::kCordon:
    case RepairStep::kDrain:
      return trouble == kKubeletDead || trouble == kPartitioned || trouble == kKernelHung ||
             trouble == kDiskReadOnly || trouble == kGone || trouble == kMemoryLivelock ||
             trouble == kMemoryPressure || trouble == kDiskPressure;
    case RepairStep::kReboot:
    case RepairStep::kReimage:
    case RepairStep::kReplace:
      return trouble == kKubeletDead || trouble == kPartitioned || trouble == kKernelHung ||
             trouble == kDiskReadOnly || trouble == kGone;
    case RepairStep::kPage:
      return trouble != kNone && trouble != kScheduled && trouble != kRebooting;
    case RepairStep::kUncordon:
      return trouble == kNone;
  }
  return false;
}

template <typename Times>
int Within(const Times& times, Wall now, Duration length) {
  return static_cast<int>(std::ranges::count_if(times, [&](Wall at) { return now - at < length; }));
}

}  // namespace

void RepairChecker::Looks(const Fleet& fleet, Wall now) {
  fleet_ = &fleet;
  if (now - now_ > options_.limits.stall) sighted_ = false;
  now_ = now;
  if (fleet.stand_by) stood_by_ = now;
  if (fleet.blind) {
    sighted_ = false;
    return;
  }
  const bool anew = !sighted_;
  if (anew) sighted_since_ = now;
  sighted_ = true;
  for (auto& [_, seen] : nodes_) seen.now = nullptr;
  for (const RepairNode& node : fleet.nodes) {
    const bool unknown = !nodes_.contains(node.name);
    Seen& seen = nodes_[node.name];
    seen.now = &node;
    if (unknown || anew || seen.trouble != node.trouble) {
      if ((unknown || seen.trouble == kNone) && node.trouble != kNone && !AtWork(node)) {
        seen.falls.push_back(now);
        falls_.push_back(now);
      }
      seen.trouble = node.trouble;
      seen.since = now;
    }
  }
  for (auto& [_, seen] : nodes_) {
    if (seen.now == nullptr) seen.trouble = kNone;
  }
  const int at_most =
      Share(options_.limits.storm_share, static_cast<int>(fleet.nodes.size()), options_.limits.storm_least);
  if (Within(falls_, now, options_.limits.storm_window) > at_most) storm_ = now;
}

void RepairChecker::Closes() {
  if (fleet_->blind) return;
  const bool settled = now_ - sighted_since_ >= options_.limits.settle;
  for (auto& [name, seen] : nodes_) {
    const bool well =
        seen.now != nullptr && seen.trouble == kNone && now_ - seen.since >= options_.limits.well_for;
    const bool over = seen.uncordoned || (well && !UnderWay(seen) && !(seen.cordoned && seen.now->cordoned));
    if (seen.now != nullptr && over) Leave(name);
    if (seen.now == nullptr && settled) Leave(name);
  }
}

void RepairChecker::Restarted() {
  sighted_ = false;
  falls_.clear();
  storm_ = {};
  for (auto& [_, seen] : nodes_) {
    seen.trouble = kNone;
    seen.falls.clear();
  }
}

bool RepairChecker::UnderWay(const Seen& seen) const {
  return seen.ordered && now_ - *seen.ordered < options_.limits.outcome_within;
}

// Its repair is over.
void RepairChecker::Leave(const std::string& node) {
  Seen& seen = nodes_[node];
  if (seen.touched) seen.ends.push_back(now_);
  seen.in_flight = seen.told = seen.cordoned = seen.touched = seen.uncordoned = false;
  seen.ordered.reset();
  seen.highest = -1;
}

int RepairChecker::Share(double share, int nodes, int least) const {
  int whole = 0;
  while (static_cast<double>(whole + 1) <= share * nodes + 1e-9) ++whole;
  return std::max(whole, least);
}

bool RepairChecker::Fit(const RepairNode& node) const {
  return node.trouble == kNone && !node.cordoned && !AtWork(node) && !nodes_.at(node.name).in_flight;
}

void RepairChecker::Orders(const RepairIntent& intent) {
  const RepairStep step = intent.step;
  Seen& seen = nodes_[intent.node];
  Demand(!fleet_->blind && now_ - sighted_since_ >= options_.limits.settle, Broken::kBlind);
  if (fleet_->stand_by) {
    Demand(step == RepairStep::kPage && !fleet_->stand_by->elsewhere, Broken::kTwoActors);
  } else {
    Demand(!stood_by_ || now_ - *stood_by_ >= options_.limits.settle, Broken::kTwoActors);
  }
  if (fleet_->blind) return;
  Demand(seen.now != nullptr, Broken::kTrouble);
  if (seen.now == nullptr) return;
  const RepairNode& node = *seen.now;
  const RepairMode mode = options_.ModeOf(node.pool);
  const bool needs_none = step == RepairStep::kPage || step == RepairStep::kUncordon;
  Demand(mode == RepairMode::kAuto ||
             (mode == RepairMode::kAsk && (needs_none || approved_.erase(intent.id) > 0)),
         Broken::kMode);
  Demand(Allowed(node.trouble, step), Broken::kTrouble);
  Demand(!UnderWay(seen), Broken::kTwoActors);
  CheckWorld(node, step, seen);
  if (Takes(step)) {
    CheckScopes(node, !seen.in_flight);
    if (!seen.in_flight) {
      CheckNode(seen);
      starts_.push_back({node.pool, node.zone, now_});
      seen.taken.push_back(now_);
      ++taken_;
    }
    seen.in_flight = seen.touched = true;
  }
  if (step == RepairStep::kCordon) seen.cordoned = true;
  if (Takes(step) || step == RepairStep::kRestartAgent) {
    Demand(static_cast<int>(step) > seen.highest, Broken::kStepAgain);
    seen.highest_before = seen.highest;
    seen.highest = static_cast<int>(step);
  }
  seen.ordered = now_;
  seen.order = intent.id;
  if (step == RepairStep::kPage) {
    seen.told = true;
    seen.in_flight = false;
  }
}

void RepairChecker::CheckWorld(const RepairNode& node, RepairStep step, const Seen& seen) {
  if (step == RepairStep::kUncordon) {
    Demand(seen.cordoned && now_ - seen.since >= options_.limits.well_for, Broken::kTooSoon);
    Demand(!node.maintenance, Broken::kTwoActors);
    return;
  }
  const RepairRule* rule = options_.policy.For(node.trouble);
  Demand(rule != nullptr && now_ - seen.since >= rule->after, Broken::kTooSoon);
  Demand(!node.maintenance && (!node.cordoned || seen.cordoned), Broken::kTwoActors);
  for (const RepairNode& other : fleet_->nodes) {
    const bool upgrading = other.maintenance && other.maintenance->kind == MaintenanceKind::kUpgrade;
    Demand(!upgrading || other.pool != node.pool, Broken::kTwoActors);
  }
  if (step == RepairStep::kPage) return;
  Demand(!seen.told, Broken::kStepAgain);
  Demand(now_ - storm_ >= options_.limits.storm_quiet, Broken::kStorm);
}

void RepairChecker::CheckScopes(const RepairNode& node, bool starts) {
  int fit = 0;
  for (const RepairNode& other : fleet_->nodes)
    fit += other.pool == node.pool && other.name != node.name && Fit(other) ? 1 : 0;
  Demand(fit >= options_.limits.fit_left, Broken::kLastFit);
  CheckScope([&](const auto& pool, const auto&) { return pool == node.pool; }, options_.limits.pool, starts);
  CheckScope([](const auto&, const auto&) { return true; }, options_.limits.cluster, starts);
  if (node.zone.empty()) return;
  CheckScope([&](const auto&, const auto& zone) { return zone == node.zone; }, options_.limits.zone, starts);
}

void RepairChecker::CheckScope(
    const std::function<bool(const std::string& pool, const std::string& zone)>& in,
    const ScopeLimits& limits, bool starts) {
  int nodes = 0;
  int unfit = 0;
  int in_flight = 0;
  for (const RepairNode& node : fleet_->nodes) {
    if (!in(node.pool, node.zone)) continue;
    const bool ours = nodes_.at(node.name).in_flight;
    const bool others = node.maintenance && node.maintenance->kind == MaintenanceKind::kOtherRepair;
    ++nodes;
    unfit += Fit(node) ? 0 : 1;
    in_flight += ours || others ? 1 : 0;
  }
  Demand(unfit <= Share(limits.unfit_share, nodes, 1), Broken::kUnfit);
  if (!starts) return;
  Demand(in_flight < limits.in_flight, Broken::kInFlight);
  int lately = 0;
  int today = 0;
  for (const Start& start : starts_) {
    if (!in(start.pool, start.zone)) continue;
    lately += now_ - start.at < options_.limits.window ? 1 : 0;
    today += now_ - start.at < std::chrono::hours(24) ? 1 : 0;
  }
  Demand(lately < limits.starts, Broken::kRate);
  Demand(today < Share(limits.day_share, nodes, limits.day_least), Broken::kDay);
}

void RepairChecker::CheckNode(const Seen& seen) {
  const RepairLimits& limits = options_.limits;
  Demand(seen.touched || Within(seen.ends, now_, limits.cool_down) == 0, Broken::kNodeAgain);
  Demand(Within(seen.falls, now_, limits.flap_window) < limits.flaps, Broken::kNodeAgain);
  Demand(Within(seen.taken, now_, std::chrono::hours(24)) < limits.repairs_of_a_node, Broken::kNodeAgain);
}

void RepairChecker::Ended(const RepairIntent& intent, bool done) {
  Seen& seen = nodes_[intent.node];
  if (seen.order != intent.id) return;
  seen.ordered.reset();
  if (intent.step == RepairStep::kCordon && !done) seen.cordoned = false;
  if (intent.step == RepairStep::kRestartAgent) seen.touched = true;
  if (intent.step == RepairStep::kUncordon) seen.uncordoned = done;
}

void RepairChecker::NotBegun(const RepairIntent& intent) {
  Seen& seen = nodes_[intent.node];
  if (seen.order != intent.id) return;
  seen.ordered.reset();
  if (intent.step == RepairStep::kCordon) seen.cordoned = false;
  if (Takes(intent.step) || intent.step == RepairStep::kRestartAgent) seen.highest = seen.highest_before;
}

void RepairChecker::Refused(const std::string& node) {
  nodes_[node].in_flight = false;
  nodes_[node].told = true;
}

void RepairChecker::Said(const Repairer::Outcome& outcome) {
  std::set<std::string_view> named;
  for (const HeldBack& held : outcome.held) {
    Demand(!held.words.empty(), Broken::kUnexplained);
    named.insert(held.node);
  }
  for (const RepairIntent& intent : outcome.intents) named.insert(intent.node);
  for (const RepairNode& node : fleet_->nodes)
    Demand(node.trouble == kNone || named.contains(node.name), Broken::kUnexplained);
}

}  // namespace loadline::collector
