#include "tests/support/repair_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "collector/simulate/repair_checker.h"

namespace loadline::test {

using namespace collector;
using namespace std::chrono_literals;
using enum NodeTrouble;

namespace {

constexpr Wall kStart = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};
constexpr int kSteps = 60;

// SplitMix64: the same on every machine, and neighbouring seeds have nothing in common.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  // 0 to n - 1.
  std::size_t Of(std::size_t n) { return static_cast<std::size_t>(Next() % n); }
  bool Maybe(int percent) { return Of(100) < static_cast<std::size_t>(percent); }
  template <typename T, std::size_t N>
  T Any(const std::array<T, N>& values) {
    return values.at(Of(N));
  }

 private:
  std::uint64_t Next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

enum class Climate : std::uint8_t {
  kCalm,       // a node now and then
  kWrongAll,   // a condition is set wrongly on all nodes, for a while
  kWrongSlow,  // ... on one node after the other, and on those that take their places
  kPool,       // a pool fails
  kFlapping,   // nodes come and go
};

constexpr std::array kTroublesSeen = {kKubeletDead,
                                      kPartitioned,
                                      kKernelHung,
                                      kDiskReadOnly,
                                      kGone,
                                      kMemoryLivelock,
                                      kMemoryPressure,
                                      kDiskPressure,
                                      kAgentDead,
                                      kUnknown,
                                      kRebooting,
                                      kScheduled,
                                      kPartitionedFromCollector};
constexpr std::array kGrave = {kKubeletDead, kKernelHung, kDiskReadOnly, kGone};

ScopeLimits AnyScope(Dice& dice) {
  return {.unfit_share = dice.Any(std::array{0.1, 0.2, 0.34, 0.5, 1.0}),
          .in_flight = static_cast<int>(1 + dice.Of(4)),
          .starts = static_cast<int>(1 + dice.Of(4)),
          .day_share = dice.Any(std::array{0.1, 0.2, 0.5, 1.0}),
          .day_least = static_cast<int>(1 + dice.Of(4))};
}

// The defaults in every other history; but steps are far apart, so that a stall is longer.
RepairOptions AnyOptions(Dice& dice) {
  RepairOptions options{.mode = RepairMode::kAuto};
  options.limits.stall = dice.Any(std::array<Duration, 3>{10min, 3h, 3h});
  const std::array modes = {RepairMode::kAsk, RepairMode::kDryRun, RepairMode::kOff, RepairMode::kAuto};
  for (const char* pool : {"p0", "p1", "p2"}) {
    if (dice.Maybe(25)) options.pools[pool] = dice.Any(modes);
  }
  if (dice.Maybe(50)) return options;
  RepairLimits& limits = options.limits;
  limits.pool = AnyScope(dice);
  limits.zone = AnyScope(dice);
  limits.cluster = AnyScope(dice);
  limits.window = dice.Any(std::array<Duration, 3>{1min, 10min, 1h});
  limits.fit_left = static_cast<int>(dice.Of(3));
  limits.storm_share = dice.Any(std::array{0.05, 0.2, 1.0});
  limits.storm_least = static_cast<int>(1 + dice.Of(6));
  limits.flaps = static_cast<int>(2 + dice.Of(4));
  limits.repairs_of_a_node = static_cast<int>(1 + dice.Of(3));
  limits.cool_down = dice.Any(std::array<Duration, 3>{1min, 30min, 3h});
  limits.well_for = dice.Any(std::array<Duration, 2>{1min, 5min});
  limits.settle = dice.Any(std::array<Duration, 2>{10s, 2min});
  return options;
}

// The cluster and its weather. What is done to it draws from other dice.
class World {
 public:
  explicit World(std::uint64_t seed) : dice_(seed), lead_dice_(seed + 1), options(AnyOptions(dice_)) {
    climate_ = static_cast<Climate>(dice_.Of(5));
    wrong_ = dice_.Any(kGrave);
    const std::size_t pools = 1 + dice_.Of(3);
    zones_ = dice_.Of(4);
    for (std::size_t pool = 0; pool < pools; ++pool) {
      const std::size_t nodes = 1 + dice_.Of(dice_.Maybe(30) ? 20 : 6);
      for (std::size_t i = 0; i < nodes; ++i) Add(fmt::format("p{}", pool));
    }
  }

  void Pass() {
    now += dice_.Any(std::array<Duration, 10>{1s, 10s, 10s, 30s, 1min, 1min, 2min, 5min, 20min, 2h});
    fleet.blind = fleet.blind ? dice_.Maybe(50) : dice_.Maybe(4);
    if (lead_dice_.Maybe(fleet.stand_by ? 30 : 3)) Lead(!fleet.stand_by);
    if (dice_.Maybe(40)) Weather();
    if (dice_.Maybe(20)) Others();
    if (fleet.nodes.size() > 1 && dice_.Maybe(20))
      std::swap(fleet.nodes.front(), fleet.nodes[dice_.Of(fleet.nodes.size())]);
  }

  void Add(const std::string& pool) {
    const std::string zone = zones_ == 0 ? "" : fmt::format("z{}", made_ % zones_);
    fleet.nodes.push_back({.name = fmt::format("n{}", made_++), .pool = pool, .zone = zone});
    // What sets the condition wrongly sets it on the new ones, too.
    if (climate_ == Climate::kWrongSlow && made_ % 3 != 0) fleet.nodes.back().trouble = wrong_;
  }
  RepairNode* Find(const std::string& name) {
    const auto found = std::ranges::find(fleet.nodes, name, &RepairNode::name);
    return found != fleet.nodes.end() ? &*found : nullptr;
  }
  void Remove(const std::string& name) {
    std::erase_if(fleet.nodes, [&](const RepairNode& node) { return node.name == name; });
  }
  // Whether a node is well, and only said not to be.
  [[nodiscard]] bool SaidWrongly(const RepairNode& node) const {
    return (climate_ == Climate::kWrongAll || climate_ == Climate::kWrongSlow) && node.trouble == wrong_;
  }

 private:
  RepairNode& Any() { return fleet.nodes[dice_.Of(fleet.nodes.size())]; }

  void Weather() {
    if (fleet.nodes.empty()) return;
    if (dice_.Maybe(30)) {
      Any().trouble = dice_.Maybe(50) ? kNone : dice_.Any(kTroublesSeen);
      return;
    }
    // Fine spells, so that there is something to lose.
    if (dice_.Maybe(20)) {
      for (RepairNode& node : fleet.nodes) node.trouble = kNone;
      return;
    }
    switch (climate_) {
      case Climate::kCalm:
        Any().trouble = dice_.Maybe(70) ? kNone : dice_.Any(kGrave);
        break;
      case Climate::kWrongAll: {
        const NodeTrouble all = dice_.Maybe(60) ? wrong_ : kNone;
        for (RepairNode& node : fleet.nodes) node.trouble = all;
        break;
      }
      case Climate::kWrongSlow:
        Any().trouble = wrong_;
        break;
      case Climate::kPool: {
        const std::string pool = Any().pool;
        const NodeTrouble all = dice_.Maybe(50) ? dice_.Any(kGrave) : kNone;
        for (RepairNode& node : fleet.nodes) {
          if (node.pool == pool) node.trouble = all;
        }
        break;
      }
      case Climate::kFlapping: {
        RepairNode& node = Any();
        node.trouble = node.trouble == kNone ? dice_.Any(kGrave) : kNone;
        break;
      }
    }
  }

  // Somebody else begins, or is done.
  void Others() {
    if (fleet.nodes.empty()) return;
    RepairNode& node = Any();
    if (dice_.Maybe(60)) {
      for (RepairNode& one : fleet.nodes) one.maintenance.reset();
    } else if (dice_.Maybe(20)) {
      node.cordoned = !node.cordoned;
    } else {
      node.maintenance = {static_cast<MaintenanceKind>(dice_.Of(5)), "somebody is at work"};
    }
    if (dice_.Maybe(5)) Add(node.pool);
    if (dice_.Maybe(3) && fleet.nodes.size() > 1) Remove(Any().name);
  }

  // Another collector takes over, or this one cannot know; or it leads again.
  void Lead(bool lost) {
    fleet.stand_by.reset();
    if (lost) fleet.stand_by = {"another collector repairs here", lead_dice_.Maybe(70)};
  }

  Dice dice_;
  Dice lead_dice_;
  Climate climate_{};
  NodeTrouble wrong_{};
  std::size_t zones_ = 0;
  std::size_t made_ = 0;

 public:
  RepairOptions options;
  Fleet fleet;
  Wall now = kStart;
};

// Repairer in a world.
class Run {
 public:
  Run(std::uint64_t seed, const std::function<void(RepairOptions&)>& loosen)
      : world_(seed), dice_(~seed), checker_(world_.options), options_(world_.options) {
    if (loosen) loosen(options_);
    repairer_.emplace(options_);
  }

  HistoryEnd Live() {
    for (int i = 0; i < kSteps; ++i) {
      world_.Pass();
      if (dice_.Maybe(3)) Kill();
      Answer();
      Decide();
      Step();
    }
    end_.broken = checker_.broken();
    end_.taken = checker_.taken();
    return end_;
  }

 private:
  void Step() {
    checker_.Looks(world_.fleet, world_.now);
    Repairer::Outcome outcome = repairer_->Step(world_.fleet, world_.now);
    checker_.Said(outcome);
    // The store may be away; what was decided has then not happened.
    if (dice_.Maybe(3)) return repairer_->Undo(outcome);
    checker_.Closes();
    for (auto& [key, repair] : outcome.changed) Save(key, repair);
    unsaved_.clear();
    for (const RepairIntent& intent : outcome.intents) {
      if (intent.mode != RepairMode::kAuto) continue;
      const int taken = checker_.taken();
      const std::uint32_t before = checker_.broken();
      checker_.Orders(intent);
      const RepairNode* node = world_.Find(intent.node);
      if (checker_.taken() > taken && node != nullptr && world_.SaidWrongly(*node)) ++end_.taken_wrongly;
      if (before == 0 && checker_.broken() != 0) {
        end_.first = fmt::format("{} of {} after {} s: {}", Name(intent.step), intent.node,
                                 (world_.now - kStart) / 1s, intent.reason);
      }
      orders_.push_back(intent);
    }
  }

  // Some orders come to an end, well or not.
  void Answer() {
    std::erase_if(orders_, [&](const RepairIntent& order) {
      if (dice_.Maybe(30)) return false;
      if (dice_.Maybe(3)) return true;  // and nothing is ever heard of it
      const bool done = dice_.Maybe(80);
      if (done) Carry(order);
      unsaved_.emplace_back(order.id, done ? StepEnd::kDone : StepEnd::kFailed);
      repairer_->Ended(order.id, unsaved_.back().second, "", world_.now);
      checker_.Ended(order, done);
      return true;
    });
  }

  void Carry(const RepairIntent& order) {
    RepairNode* node = world_.Find(order.node);
    if (node == nullptr) return;
    if (order.step == RepairStep::kCordon) node->cordoned = true;
    if (order.step == RepairStep::kUncordon) node->cordoned = false;
    const bool mends = order.step == RepairStep::kReboot || order.step == RepairStep::kReimage ||
                       order.step == RepairStep::kRestartAgent;
    if (mends && !world_.SaidWrongly(*node) && dice_.Maybe(60)) node->trouble = kNone;
    if (order.step != RepairStep::kReplace) return;
    const std::string pool = node->pool;
    world_.Remove(order.node);
    world_.Add(pool);
  }

  void Decide() {
    std::vector<std::string> asked;
    for (const auto& [_, repair] : repairer_->cases()) {
      if (repair.open() && repair.state == StepState::kAsked) asked.push_back(repair.OrderId());
    }
    for (const std::string& id : asked) {
      if (dice_.Maybe(20) && repairer_->Approve(id, "ann", world_.now)) checker_.Approved(id);
      if (dice_.Maybe(2) && repairer_->Refuse(id, "ann", world_.now))
        checker_.Refused(id.substr(0, id.find('@')));
      // Whoever decides is answered when it is saved.
      const std::string key = id.substr(0, id.find('/'));
      Save(key, repairer_->cases().at(key));
    }
  }

  void Save(const std::string& key, const std::optional<RepairCase>& repair) {
    if (repair) {
      saved_[key] = *repair;
    } else {
      saved_.erase(key);
    }
  }

  // kill -9, and a start from what was saved; whoever carries orders out knows what became of them.
  void Kill() {
    repairer_.emplace(options_);
    for (const auto& [_, repair] : saved_) repairer_->Restore(repair, world_.now);
    for (const auto& [id, end] : unsaved_) repairer_->Ended(id, end, "", world_.now);
    checker_.Restarted();
    std::erase_if(orders_, [&](const RepairIntent& order) {
      if (dice_.Maybe(50)) return false;
      repairer_->Ended(order.id, StepEnd::kNotBegun, "", world_.now);
      checker_.NotBegun(order);
      return true;
    });
  }

  World world_;
  Dice dice_;
  RepairChecker checker_;
  RepairOptions options_;  // that it lives by
  std::optional<Repairer> repairer_;
  std::map<std::string, RepairCase> saved_;
  std::vector<std::pair<std::string, StepEnd>> unsaved_;  // ends of orders since they were saved last
  std::vector<RepairIntent> orders_;
  HistoryEnd end_;
};

}  // namespace

HistoryEnd RepairHistory(std::uint64_t seed, const std::function<void(RepairOptions&)>& loosen) {
  return Run(seed, loosen).Live();
}

HistoryEnd LevelOnlyHistory(std::uint64_t seed) {
  constexpr Duration kToleration = 10min;
  World world(seed);
  // It has no modes: it acts on every pool.
  world.options.pools.clear();
  RepairChecker checker(world.options);
  HistoryEnd end;
  std::map<std::string, std::pair<NodeTrouble, Wall>> since;
  std::vector<RepairIntent> orders;
  for (int i = 0; i < kSteps; ++i) {
    world.Pass();
    for (const RepairIntent& order : std::exchange(orders, {})) {
      const RepairNode* node = world.Find(order.node);
      checker.Ended(order, true);
      if (node == nullptr) continue;
      const std::string pool = node->pool;
      world.Remove(order.node);
      world.Add(pool);
    }
    checker.Looks(world.fleet, world.now);
    checker.Closes();
    const auto in_trouble = [](const RepairNode& node) {
      return std::ranges::find(kGrave, node.trouble) != kGrave.end();
    };
    for (const RepairNode& node : world.fleet.nodes) {
      auto& [trouble, at] = since.try_emplace(node.name, kNone, world.now).first->second;
      if (std::exchange(trouble, node.trouble) != node.trouble) at = world.now;
      if (!in_trouble(node) || world.now - at < kToleration) continue;
      int nodes = 0;
      int bad = 0;
      for (const RepairNode& other : world.fleet.nodes) {
        nodes += other.pool == node.pool ? 1 : 0;
        bad += other.pool == node.pool && in_trouble(other) ? 1 : 0;
      }
      if (bad > (nodes + 4) / 5) continue;
      const RepairIntent order{
          .id = node.name, .node = node.name, .pool = node.pool, .step = RepairStep::kReplace};
      const int taken = checker.taken();
      checker.Orders(order);
      if (checker.taken() > taken && world.SaidWrongly(node)) ++end.taken_wrongly;
      orders.push_back(order);
    }
  }
  end.broken = checker.broken() & kCaps;
  end.taken = checker.taken();
  return end;
}

}  // namespace loadline::test
