// What must never be, whatever a repairer does: it is told what there was to see and what was done, counts by itself, and
// shares no code with the envelope that it checks.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "collector/repair/repairer.h"

namespace loadline::collector {

// In words what was broken, as bits of a set.
enum class Broken : std::uint32_t {
  kBlind = 1 << 0,      // acted while blind, or before it had looked long enough
  kMode = 1 << 1,       // acted where it was off, or without the approval that it needs
  kTrouble = 1 << 2,    // a step that the trouble never leads to
  kTooSoon = 1 << 3,    // the trouble had not lasted
  kTwoActors = 1 << 4,  // somebody else was at work, another collector led, or the step before was not over
  kStorm = 1 << 5,
  kUnfit = 1 << 6,    // too many nodes of a pool, a zone or the cluster were unfit
  kLastFit = 1 << 7,  // too few fit nodes were left in the pool
  kInFlight = 1 << 8,
  kRate = 1 << 9,
  kDay = 1 << 10,
  kNodeAgain = 1 << 11,    // the same node too soon, or too often
  kStepAgain = 1 << 12,    // a step twice, or a lower one after a higher one
  kUnexplained = 1 << 13,  // nothing was done for a node in trouble, and nothing said
};
std::string NamesOf(std::uint32_t broken);
// What a cap on the level alone claims to guard, too.
inline constexpr std::uint32_t kCaps =
    static_cast<std::uint32_t>(Broken::kLastFit) | static_cast<std::uint32_t>(Broken::kInFlight) |
    static_cast<std::uint32_t>(Broken::kRate) | static_cast<std::uint32_t>(Broken::kDay);

class RepairChecker {
 public:
  // Outlived by `options`.
  explicit RepairChecker(const RepairOptions& options) : options_(options) {}

  // The repairer looks at this, now.
  void Looks(const Fleet& fleet, Wall now);
  // It could save what follows: repairs of nodes that are well, or gone, are over. Before the acts of the same step.
  void Closes();
  // It has forgotten what it saw.
  void Restarted();
  // It orders a step that somebody will carry out.
  void Orders(const RepairIntent& intent);
  // An order is over, in whatever way, or was never begun.
  void Ended(const RepairIntent& intent, bool done);
  void NotBegun(const RepairIntent& intent);
  void Approved(const std::string& order_id) { approved_.insert(order_id); }
  void Refused(const std::string& node);
  // What was said of the step: whoever is in trouble must be in it.
  void Said(const Repairer::Outcome& outcome);

  [[nodiscard]] std::uint32_t broken() const { return broken_; }
  // Repairs that took capacity.
  [[nodiscard]] int taken() const { return taken_; }

 private:
  struct Seen {
    const RepairNode* now = nullptr;  // null: not there any more
    NodeTrouble trouble{};
    Wall since{};
    std::vector<Wall> falls;
    bool in_flight = false;
    bool told = false;
    bool uncordoned = false;  // our cordon was taken back: the repair is over
    std::optional<Wall> ordered;
    std::string order;      // its id: of another one that is heard of late nothing follows
    bool cordoned = false;  // by us
    int highest = -1;       // step of this repair
    int highest_before = -1;
    std::vector<Wall> taken;
    bool touched = false;  // something was done for it in this repair
    std::vector<Wall> ends;
  };
  struct Start {
    std::string pool;
    std::string zone;
    Wall at{};
  };

  void Fail(Broken what) { broken_ |= static_cast<std::uint32_t>(what); }
  void Demand(bool holds, Broken what) {
    if (!holds) Fail(what);
  }
  void Leave(const std::string& node);
  void CheckWorld(const RepairNode& node, RepairStep step, const Seen& seen);
  void CheckScopes(const RepairNode& node, bool starts);
  void CheckScope(const std::function<bool(const std::string& pool, const std::string& zone)>& in,
                  const ScopeLimits& limits, bool starts);
  void CheckNode(const Seen& seen);
  [[nodiscard]] bool UnderWay(const Seen& seen) const;
  [[nodiscard]] bool Fit(const RepairNode& node) const;
  [[nodiscard]] int Share(double share, int nodes, int least) const;

  const RepairOptions& options_;
  const Fleet* fleet_ = nullptr;
  Wall now_{};
  bool sighted_ = false;
  Wall sighted_since_{};
  std::optional<Wall> stood_by_;  // when another collector last led, or may have
  std::map<std::string, Seen> nodes_;
  std::vector<Wall> falls_;
  Wall storm_{};
  std::vector<Start> starts_;
  std::set<std::string> approved_;
  std::uint32_t broken_ = 0;
  int taken_ = 0;
};

}  // namespace loadline::collector
