// A cluster that does not exist: its nodes, what the API server says of them, and who carries repair steps out.
//
// The API server takes a node's word for 40 or 50 s, and looks each 5 s, as Kubernetes' node controller does. The Node of a
// machine that was deleted is deleted when it is not ready any more, as a cloud's controller does. A node that is replaced
// comes back by its name.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collector/fleet/fleet.h"
#include "collector/repair/executor.h"
#include "collector/repair/journal.h"
#include "collector/simulate/scenario.h"
#include "collector/simulate/simulated_node.h"

namespace loadline::collector {

// What befalls whom, as a scenario and a seed have it.
struct Befallen {
  std::optional<std::size_t> node;  // nothing: the collector
  const SimulatedFault* fault = nullptr;
};

class SimulatedCluster final : public NodeFacts, public RepairExecutor, public RepairJournal {
 public:
  // `start` is when it begins, for people. The scenario outlives it.
  SimulatedCluster(const FaultScenario& scenario, std::uint64_t seed, Wall start);

  struct Member {
    Member(SimulatedNode simulated, NodePlace at) : node(std::move(simulated)), place(std::move(at)) {}
    SimulatedNode node;
    NodePlace place;
    NodeMarks marks;
    bool exists = true;   // has a Node
    double told_at = 0;   // when its kubelet told the API server last
    double tells_at = 0;  // ... and does so next
    std::optional<double> unknown_since;
    double deleted_at = kNever;
    double repaired_until = 0;  // it is down on purpose until then
  };
  [[nodiscard]] std::deque<Member>& members() { return members_; }
  [[nodiscard]] const std::deque<Member>& members() const { return members_; }
  // What was planned, in the order of the scenario.
  [[nodiscard]] const std::vector<Befallen>& befallen() const { return befallen_; }
  [[nodiscard]] bool IsGone(const std::string& node) const;
  // Where it stands; nothing of one that is not there, or not any more.
  [[nodiscard]] std::optional<NodeTold> NodeOf(const std::string& node) const;
  // Whether the collector stands still then, or so long that it does nothing.
  [[nodiscard]] bool CollectorStands(double at);
  // How far its wall clock is set wrongly.
  [[nodiscard]] Duration ClockWrongBy(double at) const;

  // When its kubelet renewed its Lease last, as it stands there; "" of one that has none.
  [[nodiscard]] std::string LeaseOf(const std::string& node) const;

  // Time passes: the API server looks, and steps are carried out.
  void Pass(double at);
  // Which orders are over since the last call, and whether they were done.
  [[nodiscard]] std::vector<std::pair<RepairIntent, bool>> Ended();

  [[nodiscard]] ClusterFaults Faults() const override;
  [[nodiscard]] std::optional<NodeMarks> MarksOf(const std::string& node) const override;
  [[nodiscard]] std::vector<WatchView> Watches() const override;

  void Begin(const RepairIntent& order) override;
  OrderNews Look(const RepairCase& repair) override;

  Result<std::vector<Entry>> Load() override { return std::vector<Entry>{}; }
  Result<void> Write(const std::vector<Entry>& /*changes*/) override { return {}; }

 private:
  struct Order {
    RepairIntent intent;
    double ends = 0;
    bool done = false;  // when it has ended
    bool ended = false;
  };
  void Place(const FaultScenario& scenario, std::uint64_t seed);
  void Plan(const FaultPlan& plan);
  [[nodiscard]] std::vector<std::size_t> Drawn(const FaultTargets& targets);
  SimulatedFault Make(const FaultPlan& plan);
  void Tell(Member& member, double at, bool looks);
  void Announce(Member& member, double at);
  void Carry(Order& order);
  void Reboot(Member& member, double at, const std::vector<FaultKind>& heals);
  [[nodiscard]] const Member* Find(const std::string& node) const;
  [[nodiscard]] Member* Find(const std::string& node);

  const Wall start_;
  Chance chance_;
  const double grace_;
  std::deque<Member> members_;
  std::map<std::string, std::size_t, std::less<>> numbers_;
  std::deque<SimulatedFault> of_collector_;
  std::vector<Duration> clock_by_;  // of each of those
  std::vector<Befallen> befallen_;
  std::map<std::string, Order> orders_;
  std::vector<std::pair<RepairIntent, bool>> ended_;
  double now_ = 0;
  double runs_again_ = 0;  // a starved collector
};

}  // namespace loadline::collector
