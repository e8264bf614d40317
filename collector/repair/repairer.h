// Decides what is done about nodes that fail: one step of one node at a time, up the ladder of its trouble, as far as
// the envelope lets it.
//
//   Repairer::Outcome outcome = repairer.Step(fleet, now);   // at least each second
//   if (save(outcome.changed)) order(outcome.intents); else repairer.Undo(outcome);
//
// Pure: no I/O and no clock. The same calls give the same outcomes, in whatever order a fleet's nodes come. `now` moves
// as time does: the caller makes it of a clock that nobody sets. Not thread-safe.
//
// Of what is seen only the repairs themselves last. How long a trouble has lasted, how often a node fell ill and whether
// there is a storm is counted by the repairer itself, from when it began to look: a restart, and a time in which the
// collector was blind, end in a pause and never in a wave.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/repair/envelope.h"
#include "collector/repair/limits.h"
#include "collector/repair/policy.h"
#include "collector/repair/repair_case.h"
#include "collector/repair/repair_record.h"

namespace loadline::collector {

struct RepairOptions {
  RepairMode mode = RepairMode::kDryRun;
  std::map<std::string, RepairMode, std::less<>> pools;  // that have another one
  RepairPolicy policy = DefaultPolicy();
  RepairLimits limits;
  // What whoever carries steps out can do; a ladder's other rungs are passed over. A page and taking our own cordon back
  // are always possible.
  std::set<RepairStep> can = {RepairStep::kRestartAgent, RepairStep::kCordon,  RepairStep::kDrain,
                              RepairStep::kReboot,       RepairStep::kReimage, RepairStep::kReplace};

  [[nodiscard]] RepairMode ModeOf(std::string_view pool) const;
};

// What is to be done, or would be, or asks for a person.
struct RepairIntent {
  std::string id;  // RepairCase::OrderId
  std::string node;
  std::string pool;
  RepairStep step{};
  NodeTrouble trouble{};
  RepairMode mode{};   // kAuto: it is to be carried out now; kDryRun: only said; kAsk: it is to be approved
  std::string reason;  // a sentence for a person
  std::string evidence{};  // of the node, as it is seen now
};

// A node that nothing is done for now, and why.
struct HeldBack {
  std::string node;
  std::string pool;
  NodeTrouble trouble{};
  std::optional<RepairStep> step;  // that would be next
  HoldKind why{};
  std::string words;
};

enum class StepEnd : std::uint8_t {
  kDone,
  kFailed,
  kNotBegun,  // and will not be under this id: it is decided anew
  kUnclear,
};

class Repairer {
 public:
  explicit Repairer(RepairOptions options) : options_(std::move(options)) {}

  // A case that is to be saved, or with nothing in it erased, before an intent is carried out.
  using Change = std::pair<std::string, std::optional<RepairCase>>;
  struct Outcome {
    std::vector<RepairIntent> intents;  // in the order in which they are to be carried out
    std::vector<HeldBack> held;         // by the names of the nodes
    std::vector<Change> changed;
    bool storm = false;
    std::map<std::string, std::optional<RepairCase>> before;  // what Undo needs
  };
  Outcome Step(const Fleet& fleet, Wall now);
  // The changes could not be saved: nothing of them has happened, and the next step decides anew.
  void Undo(const Outcome& outcome);

  // How an order ended, whenever that is known. Of an id that is not under way nothing changes.
  void Ended(std::string_view order_id, StepEnd end, std::string detail, Wall now);
  // A person decides about a step that asks: what is to be saved, as after a step. Fails when none asks by that id.
  Result<Outcome> Approve(std::string_view order_id, const std::string& who, Wall now);
  Result<Outcome> Refuse(std::string_view order_id, const std::string& who, Wall now);

  // As it was saved, before the first step.
  void Restore(RepairCase repair, Wall now);
  // What another collector repaired here before this one: it counts for rates and cool-downs as our own does. What still went
  // on there has ended now. To be saved with the next step; of what is known already nothing changes.
  void Learn(const std::vector<RecordedRepair>& repairs, Wall now);
  // What another one would have to know: what is carried out, and took capacity within a day or ended within one.
  [[nodiscard]] std::vector<RecordedRepair> Recorded(Wall now) const;
  // By key: open ones, and closed ones for a day.
  [[nodiscard]] const std::map<std::string, RepairCase>& cases() const { return cases_; }
  [[nodiscard]] const RepairOptions& options() const { return options_; }

 private:
  struct Turn;
  struct Candidate;
  // What was seen of a node since the repairer began to look.
  struct Seen {
    NodeTrouble trouble = NodeTrouble::kNone;
    Wall since{};            // the trouble is as it is
    std::deque<Wall> falls;  // when it fell ill, within flap_window
  };

  void Look(Turn& turn);
  void See(const RepairNode& node, bool anew, Wall now);
  void CloseGone(Turn& turn);
  void Forget(Turn& turn);
  void Consider(Turn& turn, const RepairNode& node);
  void GiveUpWaiting(Turn& turn, const RepairCase& repair);
  void HoldForAnother(Turn& turn, const RepairNode& node, RepairCase* repair);
  void Recover(Turn& turn, const RepairNode& node, RepairCase& repair);
  void Treat(Turn& turn, const RepairNode& node, RepairCase* repair);
  void Go(Turn& turn, const Candidate& candidate);
  void Order(Turn& turn, const Candidate& candidate, bool asks);
  void Close(Turn& turn, RepairCase& repair, std::string how);

  [[nodiscard]] std::optional<Hold> Waiting(const RepairCase& repair, Wall now) const;
  [[nodiscard]] bool DryRuns() const;
  [[nodiscard]] std::optional<Hold> Settling(const RepairNode& node, Wall now) const;
  [[nodiscard]] std::optional<Hold> NotOurs(const Turn& turn, const RepairNode& node,
                                            const RepairCase* repair) const;
  [[nodiscard]] static std::optional<Hold> OthersAtWork(const Turn& turn, const RepairNode& node,
                                                        const RepairCase* repair);
  [[nodiscard]] std::optional<Rung> Next(const RepairRule& rule, NodeTrouble trouble,
                                         const RepairCase* repair) const;
  [[nodiscard]] std::string Hopeless(const RepairNode& node, Wall now) const;
  [[nodiscard]] std::optional<Hold> Against(const Turn& turn, const Candidate& candidate) const;
  [[nodiscard]] std::optional<Hold> CoolingDown(const RepairNode& node, bool dry, Wall now) const;
  [[nodiscard]] const Seen& Of(const RepairNode& node) const { return seen_.find(node.name)->second; }

  // All changes of cases by a step go through it, so that they can be saved and undone.
  RepairCase& Touch(Turn& turn, const std::string& key);
  RepairCase& Open(Turn& turn, const RepairNode& node, RepairMode mode);
  [[nodiscard]] RepairCase* OpenCase(const std::string& node);
  [[nodiscard]] RepairCase* Find(std::string_view order_id);
  Result<Outcome> Decide(std::string_view order_id, StepState state, std::string detail, Wall now);
  void IndexOpen();

  RepairOptions options_;
  std::map<std::string, RepairCase> cases_;
  std::map<std::string, std::string> open_;  // node -> key of its open case
  std::set<std::string> owed_;               // keys of cases that are to be saved with the next step
  std::map<std::string, Seen, std::less<>> seen_;
  std::deque<Wall> falls_;     // of all nodes, within storm_window
  std::optional<Wall> storm_;  // when there was last one
  std::optional<Wall> last_step_;
  std::optional<Wall> looking_since_;  // nothing: it has not begun, or was blind
  std::optional<Wall> stood_by_;       // when it last did
};

}  // namespace loadline::collector
