#include "collector/simulate/simulated_cluster.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace loadline::collector {
namespace {

using enum FaultKind;

// node-monitor-grace-period, by default before and after Kubernetes 1.32, and node-monitor-period.
constexpr std::array kGraces = {40.0, 50.0};
constexpr double kLooksEvery = 5;
// A kubelet renews its Lease.
constexpr double kTellsEvery = 10;
// Until a cloud's controller has found that a machine is no more.
constexpr double kFoundDeleted = 6;
// A starved collector, at most, between two moments of running.
constexpr double kCollectorStill = 6;

// What starting a machine anew mends, and what a new disk or machine does besides. A cable is nobody's to mend.
const std::vector<FaultKind>& MendedByReboot() {
  static const std::vector<FaultKind> kKinds = {kAgentDead,  kKubeletDead,    kNodeKilled,
                                                kKernelHung, kMemoryLivelock, kAgentStarved};
  return kKinds;
}
const std::vector<FaultKind>& MendedByReimage() {
  static const std::vector<FaultKind> kKinds = {kAgentDead,  kKubeletDead,    kNodeKilled,   kDiskReadOnly,
                                                kKernelHung, kMemoryLivelock, kAgentStarved, kLineLossy};
  return kKinds;
}

bool IsAnnounced(FaultKind kind) {
  return kind == kRebootAnnounced || kind == kFreezeAnnounced;
}

}  // namespace

SimulatedCluster::SimulatedCluster(const FaultScenario& scenario, std::uint64_t seed, Wall start)
    : start_(start), chance_(seed), grace_(kGraces.at(chance_.Below(kGraces.size()))) {
  Place(scenario, seed);
  for (const FaultPlan& plan : scenario.faults) Plan(plan);
}

void SimulatedCluster::Place(const FaultScenario& scenario, std::uint64_t seed) {
  for (const PoolPlan& pool : scenario.pools) {
    for (std::size_t i = 0; i < pool.nodes; ++i) {
      const std::string name = fmt::format("{}-{}", pool.name, i);
      NodePlace place{.pool = pool.name};
      if (pool.zones > 0) place.zone = fmt::format("zone-{}", i % pool.zones + 1);
      numbers_.emplace(name, members_.size());
      members_.emplace_back(
          SimulatedNode(name, seed * 1'000'003 + members_.size(), scenario.loss, scenario.jitter),
          std::move(place));
      members_.back().tells_at = chance_.Between(0, kTellsEvery);
    }
  }
}

// ---- what befalls whom

std::vector<std::size_t> SimulatedCluster::Drawn(const FaultTargets& targets) {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const Member& member = members_[i];
    if (!targets.node.empty() && member.node.name() != targets.node) continue;
    if (!targets.pool.empty() && member.place.pool != targets.pool) continue;
    if (!targets.zone.empty() && member.place.zone != targets.zone) continue;
    all.push_back(i);
  }
  if (!targets.node.empty() || !targets.pool.empty() || !targets.zone.empty()) return all;
  const auto of_share = static_cast<std::size_t>(std::ceil(targets.share * static_cast<double>(all.size())));
  const std::size_t wanted = std::min(all.size(), targets.share > 0 ? of_share : targets.nodes);
  for (std::size_t i = 0; i < wanted; ++i) std::swap(all[i], all[i + chance_.Below(all.size() - i)]);
  all.resize(wanted);
  std::ranges::sort(all);
  return all;
}

SimulatedFault SimulatedCluster::Make(const FaultPlan& plan) {
  SimulatedFault fault{.kind = plan.kind, .span = {plan.at, plan.at + plan.lasts}};
  if (plan.kind == kMemoryLivelock) fault.ramp = chance_.Between(25, 90);
  if (plan.kind == kLineLossy) fault.loss = plan.loss;
  if (plan.kind == kAgentStarved) fault.late = plan.late;
  if (IsAnnounced(plan.kind)) fault.announced = std::max(0.0, plan.at - chance_.Between(30, 600));
  return fault;
}

void SimulatedCluster::Plan(const FaultPlan& plan) {
  // Not at a round second of the collector's.
  FaultPlan at = plan;
  at.at += chance_.Between(0, 1);
  if (TraitsOf(plan.kind).of_collector) {
    clock_by_.push_back(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(plan.by)));
    befallen_.push_back({.node = std::nullopt, .fault = &of_collector_.emplace_back(Make(at))});
    if (plan.kind != kCollectorCutOff) return;
  }
  for (const std::size_t node : Drawn(plan.targets)) {
    const SimulatedFault& fault = members_[node].node.Suffer(Make(at));
    if (!TraitsOf(plan.kind).of_collector) befallen_.push_back({.node = node, .fault = &fault});
  }
}

bool SimulatedCluster::CollectorStands(double at) {
  if (at < runs_again_) return true;
  for (const SimulatedFault& fault : of_collector_) {
    if (!fault.span.Has(at)) continue;
    if (fault.kind == kCollectorPaused) return true;
    if (fault.kind == kCollectorStarved) runs_again_ = at + chance_.Between(0, kCollectorStill);
  }
  return false;
}

Duration SimulatedCluster::ClockWrongBy(double at) const {
  Duration wrong{};
  for (std::size_t i = 0; i < of_collector_.size(); ++i) {
    if (of_collector_[i].kind == kCollectorClockSet && of_collector_[i].span.Has(at)) wrong += clock_by_[i];
  }
  return wrong;
}

// ---- the API server

void SimulatedCluster::Pass(double at) {
  // The controller's look at all nodes.
  const bool looks = std::floor(at / kLooksEvery) != std::floor(now_ / kLooksEvery);
  now_ = at;
  for (Member& member : members_) {
    Announce(member, at);
    Tell(member, at, looks);
  }
  for (auto& [_, order] : orders_) {
    if (!order.ended && at >= order.ends) Carry(order);
  }
}

void SimulatedCluster::Announce(Member& member, double at) {
  for (const SimulatedFault& fault : member.node.faults()) {
    if (!IsAnnounced(fault.kind)) continue;
    const bool stands = at >= fault.announced && at < fault.span.to;
    std::vector<std::string>& conditions = member.marks.conditions;
    if (stands && conditions.empty()) {
      conditions.emplace_back("VMEventScheduled");
      member.marks.events.push_back(
          {.reason = fault.kind == kRebootAnnounced ? "RebootScheduled" : "FreezeScheduled",
           .at = start_ + MonoAt(fault.announced).time_since_epoch()});
    }
    if (!stands && at >= fault.span.to) conditions.clear();
  }
}

void SimulatedCluster::Tell(Member& member, double at, bool looks) {
  if (at >= member.tells_at) {
    const bool tells = member.node.HeardByApiServer(at);
    if (tells) {
      member.told_at = at;
      member.unknown_since.reset();
    }
    // One that cannot tries again sooner.
    member.tells_at = at + (tells ? kTellsEvery : chance_.Between(1, kTellsEvery));
  }
  if (looks && !member.unknown_since && at - member.told_at > grace_) member.unknown_since = at;
  if (member.node.Deleted(at) && member.unknown_since && member.deleted_at == kNever)
    member.deleted_at = at + chance_.Between(0, kFoundDeleted);
  if (at >= member.deleted_at && member.exists) {
    member.exists = false;
    member.unknown_since.reset();
  }
}

ClusterFaults SimulatedCluster::Faults() const {
  ClusterFaults faults;
  for (const Member& member : members_) {
    if (!member.exists || !member.unknown_since) continue;
    faults.nodes.push_back({.node = member.node.name(),
                            .type = "Ready",
                            .status = "Unknown",
                            .reason = "NodeStatusUnknown",
                            .message = "Kubelet stopped posting node status.",
                            .since = start_ + MonoAt(*member.unknown_since).time_since_epoch()});
  }
  return faults;
}

std::optional<NodeMarks> SimulatedCluster::MarksOf(const std::string& node) const {
  const Member* member = Find(node);
  return member != nullptr && member->exists ? std::optional(member->marks) : std::nullopt;
}

std::vector<WatchView> SimulatedCluster::Watches() const {
  return {{.kind = "nodes", .state = "following"}};
}

bool SimulatedCluster::IsGone(const std::string& node) const {
  const Member* member = Find(node);
  return member != nullptr && !member->exists;
}

std::string SimulatedCluster::LeaseOf(const std::string& node) const {
  const Member* member = Find(node);
  return member != nullptr && member->exists ? fmt::format("{:.6f}", member->told_at) : "";
}

std::optional<NodeTold> SimulatedCluster::NodeOf(const std::string& node) const {
  const Member* member = Find(node);
  if (member == nullptr || !member->exists) return std::nullopt;
  return NodeTold{.place = member->place};
}

const SimulatedCluster::Member* SimulatedCluster::Find(const std::string& node) const {
  const auto found = numbers_.find(node);
  return found != numbers_.end() ? &members_[found->second] : nullptr;
}

SimulatedCluster::Member* SimulatedCluster::Find(const std::string& node) {
  const auto found = numbers_.find(node);
  return found != numbers_.end() ? &members_[found->second] : nullptr;
}

// ---- repairs

void SimulatedCluster::Begin(const RepairIntent& order) {
  const Member* member = Find(order.node);
  const bool kubelet = member != nullptr && member->node.HeardByApiServer(now_);
  // What a kubelet has to do, and does not, fails when its time is over.
  double takes = 0;
  bool done = member != nullptr;
  switch (order.step) {
    case RepairStep::kRestartAgent:
      takes = kubelet ? 20 : 60;
      done = kubelet;
      break;
    case RepairStep::kDrain:
      takes = kubelet ? chance_.Between(10, 90) : order.trouble == NodeTrouble::kGone ? 2 : 300;
      done = kubelet || order.trouble == NodeTrouble::kGone;
      break;
    case RepairStep::kReboot:
      takes = chance_.Between(60, 120);
      break;
    case RepairStep::kReimage:
    case RepairStep::kReplace:
      takes = chance_.Between(120, 300);
      break;
    case RepairStep::kCordon:
    case RepairStep::kUncordon:
    case RepairStep::kPage:
      takes = order.step == RepairStep::kPage ? 0 : 1;
      break;
  }
  orders_[order.id] = {.intent = order, .ends = now_ + takes, .done = done};
  if (member != nullptr && order.step == RepairStep::kReboot)
    Reboot(*Find(order.node), now_ + takes, MendedByReboot());
  if (member != nullptr && (order.step == RepairStep::kReimage || order.step == RepairStep::kReplace))
    Reboot(*Find(order.node), now_ + takes, MendedByReimage());
}

// Down until then, and well of these.
void SimulatedCluster::Reboot(Member& member, double at, const std::vector<FaultKind>& heals) {
  member.node.Heal(heals, now_);
  member.node.Suffer({.kind = kNodeKilled, .span = {now_, at}});
  member.repaired_until = at;
}

void SimulatedCluster::Carry(Order& order) {
  order.ended = true;
  ended_.emplace_back(order.intent, order.done);
  Member* member = Find(order.intent.node);
  if (member == nullptr || !order.done) return;
  if (order.intent.step == RepairStep::kCordon) member->marks.cordoned = true;
  if (order.intent.step == RepairStep::kUncordon) member->marks.cordoned = false;
  if (order.intent.step == RepairStep::kRestartAgent) member->node.Heal({kAgentDead, kAgentStarved}, now_);
}

std::vector<std::pair<RepairIntent, bool>> SimulatedCluster::Ended() {
  return std::exchange(ended_, {});
}

OrderNews SimulatedCluster::Look(const RepairCase& repair) {
  const auto found = orders_.find(repair.OrderId());
  if (found == orders_.end()) return {OrderState::kNotBegun, ""};
  const Order& order = found->second;
  if (!order.ended) return {OrderState::kUnderWay, ""};
  return {order.done ? OrderState::kDone : OrderState::kFailed, ""};
}

}  // namespace loadline::collector
