#include "collector/simulate/play.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "collector/fleet/fleet.h"
#include "collector/repair/repairs.h"
#include "collector/simulate/node_watch.h"
#include "collector/simulate/repair_checker.h"
#include "schemas/base/units.h"

namespace loadline::collector {
namespace {

constexpr Wall kStart = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};

class Run {
 public:
  Run(const FaultScenario& scenario, std::uint64_t seed)
      : scenario_(scenario),
        cluster_(scenario, seed, kStart),
        watch_({.connect = [this](std::size_t node, double at) { return NodeOf(node).Connect(at); },
                .answers = [this](std::size_t node, double at) { return NodeOf(node).Answers(at); },
                .marks = [this](const std::string& node) { return cluster_.MarksOf(node); },
                .lease = Leases(),
                .neighbour = Neighbour()}),
        chance_(seed + 1),
        repairs_(scenario.repair, cluster_, cluster_),
        checker_(scenario.repair),
        score_(cluster_),
        peers_(cluster_, seed) {
    for (const auto& member : cluster_.members()) watch_.Add(member.node.name());
  }

  PlayEnd Live() {
    for (double at = 0; at < scenario_.last; at += NodeWatch::kLookEvery) {
      cluster_.Pass(at);
      const bool runs = !cluster_.CollectorStands(at);
      if (runs) Hear(at);
      if (at >= kFound) peers_.Look(at, runs);
      if (!runs) continue;
      if (watch_.Step(at, WallAt(at))) Look(at);
      ran_at_ = at;
    }
    end_.nodes = cluster_.members().size();
    end_.faults = score_.Faults(scenario_.last);
    end_.false_verdicts = score_.false_verdicts();
    end_.peers = peers_.Scores();
    end_.broken = checker_.broken();
    return std::move(end_);
  }

 private:
  [[nodiscard]] std::function<std::string(const std::string&)> Leases() const {
    if (!scenario_.ask_leases) return {};
    return [this](const std::string& node) { return cluster_.LeaseOf(node); };
  }
  [[nodiscard]] std::function<std::optional<PortAnswer>(std::size_t, std::size_t, double)> Neighbour() {
    if (!scenario_.ask_neighbours) return {};
    return [this](std::size_t node, std::size_t by, double at) -> std::optional<PortAnswer> {
      if (!NodeOf(by).AsksNeighbours(at)) return std::nullopt;
      return NodeOf(node).ConnectFromNeighbour(at, chance_);
    };
  }
  SimulatedNode& NodeOf(std::size_t number) { return cluster_.members()[number].node; }
  // On the collector's wall clock.
  [[nodiscard]] Wall WallAt(double at) const {
    return kStart + MonoAt(at).time_since_epoch() + cluster_.ClockWrongBy(at);
  }

  void Hear(double at) {
    // What came while everything stood still is read now.
    const double earliest = at - ran_at_ > 1 ? at : 0;
    for (std::size_t node = 0; node < cluster_.members().size(); ++node) {
      auto& member = cluster_.members()[node];
      for (const NodeArrival& arrival : member.node.Arrivals(at, kStart)) {
        peers_.Heard(node, std::max(arrival.at, earliest));
        Take(member, arrival, std::max(arrival.at, earliest));
      }
    }
  }

  // As the core takes notice of greetings, heartbeats and records.
  void Take(const SimulatedCluster::Member& member, const NodeArrival& arrival, double at) {
    const std::string& name = member.node.name();
    Liveness& liveness = watch_.liveness();
    const Mono now = MonoAt(at);
    if (arrival.greets) {
      watch_.model().Greet(
          {.node = name, .boot_id = arrival.boot_id, .capacity = {.cpu = 4000, .memory = 8 * kGiB}},
          WallAt(at));
      liveness.Greeted(name, arrival.epoch, now);
    } else if (arrival.record) {
      liveness.Heard(name, now);
      watch_.model().Apply({name, arrival.boot_id, arrival.epoch, WallAt(at), *arrival.record});
    } else {
      const auto age =
          std::chrono::duration_cast<Duration>(std::chrono::duration<double>(arrival.window_age));
      liveness.Heard(name, now, age);
      if (arrival.stopping) liveness.Stopped(name, now);
    }
  }

  // As the core's tick.
  void Look(double at) {
    const auto is_gone = [this](const std::string& node) { return cluster_.IsGone(node); };
    for (const std::string& node : TakenAway(watch_.model(), watch_.judge(), is_gone))
      watch_.model().Retire(node);
    watch_.liveness().KeepOnly([this](const std::string& node) { return watch_.model().Knows(node); });
    watch_.model().Locate([this](const std::string& node) { return cluster_.NodeOf(node); }, WallAt(at));
    Fleet fleet = FleetOf(watch_.model(), watch_.judge(), cluster_, WallAt(at));
    if (scenario_.unanswered_is_gone) TakeUnansweredForGone(fleet, watch_.judge());
    ++end_.looks;
    if (fleet.blind) end_.blind_seconds += at - looked_at_;
    looked_at_ = at;
    // Before all have greeted, those that are missing were not taken away.
    if (at >= kFound) score_.Looked(fleet, at);
    Repair(fleet, at);
  }

  void Repair(const Fleet& fleet, double at) {
    const Wall now = kStart + MonoAt(at).time_since_epoch();  // nobody sets it
    for (const auto& [intent, done] : cluster_.Ended()) checker_.Ended(intent, done);
    checker_.Looks(fleet, now);
    const Repairer::Outcome outcome = repairs_.Step(fleet, now);
    checker_.Said(outcome);
    checker_.Closes();
    end_.storm = end_.storm || outcome.storm;
    for (const RepairIntent& intent : outcome.intents) {
      end_.acts.push_back({at, intent, score_.Acted(intent, at)});
      if (intent.mode != RepairMode::kAuto) continue;
      checker_.Orders(intent);
      if (checker_.broken() != 0 && end_.first_broken.empty())
        end_.first_broken = fmt::format("{} of {} after {:.0f} s: {}", Name(intent.step), intent.node, at,
                                        NamesOf(checker_.broken()));
    }
  }

  static constexpr double kFound = 5;

  const FaultScenario& scenario_;
  SimulatedCluster cluster_;
  NodeWatch watch_;
  Chance chance_;  // of what neighbours see
  Repairs repairs_;
  RepairChecker checker_;
  Score score_;
  Peers peers_;
  PlayEnd end_;
  double ran_at_ = 0;
  double looked_at_ = 0;
};

}  // namespace

bool PlayEnd::right() const {
  return broken == 0 && false_verdicts.empty() &&
         std::ranges::all_of(faults, [](const FaultScore& fault) { return fault.right; }) &&
         std::ranges::none_of(acts, [](const PlayedAct& act) { return act.wrong; });
}

PlayEnd Play(const FaultScenario& scenario, std::uint64_t seed) {
  return Run(scenario, seed).Live();
}

}  // namespace loadline::collector
