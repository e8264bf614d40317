// What is done about the cluster's nodes that fail: decided, journaled, ordered and reported. Lives on the core thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "collector/app/cluster_source.h"
#include "collector/app/repair_choice.h"
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

// Where nothing is carried out. What was begun before goes on without this one.
class NobodyRepairs final : public RepairExecutor {
 public:
  void Begin(const RepairIntent& /*order*/) override {}
  OrderNews Look(const RepairCase& /*repair*/) override { return {OrderState::kUnderWay, ""}; }
};

// A page is told by an alert (NodeNotRepaired), for as long as the repair is open; the rest is for whoever acts.
class Paging final : public RepairExecutor {
 public:
  explicit Paging(std::unique_ptr<RepairExecutor> acts) : acts_(std::move(acts)) {}
  void Begin(const RepairIntent& order) override;
  OrderNews Look(const RepairCase& repair) override;

 private:
  const std::unique_ptr<RepairExecutor> acts_;
};

class RepairPass {
 public:
  // Store, clock and lead outlive it. Without a lead nobody else repairs here.
  RepairPass(Store& store, const Clock& clock, RepairChoice choice, std::unique_ptr<RepairExecutor> executor,
             Leadership* lead = nullptr);

  Result<void> Recover();
  // One look at all nodes; what is to be reported of it. At least once a second.
  std::vector<HappeningView> Step(const Model& model, const Judge& judge, const ClusterSource& cluster);
  // A person decides about a step that is asked for; durable when it returns without a failure.
  Result<void> Approve(const std::string& order_id, const std::string& who);
  Result<void> Refuse(const std::string& order_id, const std::string& who);

  [[nodiscard]] RepairsView View() const;
  [[nodiscard]] const Repairer& repairer() const { return repairs_.repairer(); }

 private:
  struct Waiting {
    HeldBack for_now;
    Wall since{};  // it is held back, by whatever
  };

  // Moves as time does, whoever sets the clock.
  [[nodiscard]] Wall Now() const { return started_ + (clock_.Now() - began_); }
  // On the clock of the wall, for people.
  [[nodiscard]] Wall Shown(Wall at) const { return clock_.WallNow() - (Now() - at); }
  // What those before have repaired, once for each time that the leadership becomes ours; and what we have.
  void TakeOver(const Fleet& fleet);
  void Record(const Fleet& fleet);
  [[nodiscard]] Fleet Look(const Model& model, const Judge& judge, const ClusterSource& cluster) const;
  HappeningView Said(const char* kind, const std::string& node, std::string text) const;
  void ReportIntent(const RepairIntent& intent, std::vector<HappeningView>& into);
  void ReportEnds(std::vector<HappeningView>& into);
  void ReportStorm(bool storm, std::vector<HappeningView>& into);
  void ReportStandBy(const std::optional<StandBy>& standing, std::vector<HappeningView>& into);
  void LogHeld(const std::vector<HeldBack>& held);
  void Count(RepairStep step, RepairMode mode, const char* outcome);
  [[nodiscard]] RepairView ViewOf(const RepairCase& repair) const;

  const Clock& clock_;
  const Wall started_;
  const Mono began_;
  const bool unanswered_is_gone_;
  const bool drain_before_events_;
  Leadership* const lead_;  // null: nobody else repairs here
  RepairBlobs journal_;
  Paging executor_;
  Repairs repairs_;
  std::map<std::string, Waiting> held_;  // of the last step, by node
  std::map<std::string, std::tuple<std::string, StepState, bool>>
      reported_;  // by case: order, its state, closed
  std::map<std::tuple<RepairStep, RepairMode, std::string>, std::uint64_t> counts_;
  bool storm_ = false;
  std::optional<StandBy> stand_by_;
  bool took_over_ = false;
};

}  // namespace loadline::collector
