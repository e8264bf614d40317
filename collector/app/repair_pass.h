// Repair in dry run: what would be done about the cluster's nodes, journaled and told, and nothing carried out. Lives on the
// core thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "collector/app/cluster_source.h"
#include "collector/model/model.h"
#include "collector/repair/repairs.h"
#include "collector/store/store.h"
#include "collector/verdict/judge.h"

namespace loadline::collector {

// Where the store keeps repairs.
class RepairBlobs final : public RepairJournal {
 public:
  static constexpr const char* kSpace = "repair";
  // Both outlive it.
  RepairBlobs(Store& store, const Clock& clock) : store_(store), clock_(clock) {}
  Result<std::vector<Entry>> Load() override;
  Result<void> Write(const std::vector<Entry>& changes) override;

 private:
  Store& store_;
  const Clock& clock_;
};

class RepairPass {
 public:
  // All outlive it. Every pool is in dry run.
  RepairPass(Store& store, const Clock& clock);

  Result<void> Recover();
  // One look at all nodes; what is to be told of it. At least once a second.
  std::vector<HappeningView> Step(const Model& model, const Judge& judge, const ClusterSource& cluster);

  [[nodiscard]] const Repairer& repairer() const { return repairs_.repairer(); }

 private:
  // No version of the collector carries anything out yet. What a later one has begun goes on without this one.
  class Nobody final : public RepairExecutor {
   public:
    void Begin(const RepairIntent& /*order*/) override {}
    OrderNews Look(const RepairCase& /*repair*/) override { return {OrderState::kUnderWay, ""}; }
  };

  // Moves as time does, whoever sets the clock.
  [[nodiscard]] Wall Now() const { return started_ + (clock_.Now() - began_); }
  void LogHeld(const std::vector<HeldBack>& held);

  const Clock& clock_;
  const Wall started_;
  const Mono began_;
  RepairBlobs journal_;
  Nobody nobody_;
  Repairs repairs_;
  std::map<std::string, HoldKind> held_;  // what was last logged of each node
  bool storm_ = false;
};

}  // namespace loadline::collector
