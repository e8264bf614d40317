// Whether a step may be made now, for all nodes together: the counts of pools, zones and the cluster, and what holds a
// step back, in words.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/repair/limits.h"
#include "collector/repair/node.h"
#include "collector/repair/repair_case.h"

namespace loadline::collector {

enum class HoldKind : std::uint8_t {
  kBlind,        // the collector does not trust itself
  kSettling,     // it has only just begun to look, or to trust itself
  kStandBy,      // another collector repairs here, or may
  kOff,          // the pool's mode
  kNoRule,       // nothing is done about this trouble
  kTooSoon,      // it has not lasted long enough
  kPatience,     // the last step has time to help
  kUnderWay,     // the last step is not over
  kAsked,        // a person is to decide
  kRefused,      // a person decided
  kTold,         // a person is to act
  kMaintenance,  // somebody else is at work on it
  kUpgrade,      // ... or on its pool
  kCoolDown,
  kStorm,
  kUnfit,     // too many nodes are unfit
  kLastFit,   // too few fit nodes would be left in the pool
  kInFlight,  // others are being repaired
  kRate,      // too many repairs were begun lately
  kDayRate,   // ... or within a day
};
inline constexpr std::size_t kHoldKinds = 20;
const char* Name(HoldKind kind);  // "blind", "settling", "stand-by" ...

struct Hold {
  HoldKind kind{};
  std::string words;
};

// What is counted of one pool, one zone or the cluster.
struct Scope {
  std::string name;  // "pool 'web'", "zone 'eastus-1'", "the cluster"
  const ScopeLimits* limits = nullptr;
  std::size_t nodes = 0;
  std::size_t unfit = 0;  // not well, cordoned, being repaired or under maintenance
  int in_flight = 0;
  int starts = 0;  // within the window
  int starts_day = 0;
  bool upgrading = false;
};

class EnvelopeTally {
 public:
  EnvelopeTally(const RepairLimits& limits, bool dry) : limits_(&limits), dry_(dry) {
    cluster_.limits = &limits.cluster;
  }

  // Of cases: those of dry runs count for dry runs only.
  void AddCase(const RepairCase& repair, Wall now);
  // `ours`: a case of it is in flight.
  void AddNode(const RepairNode& node, bool ours);
  // A repair of this node was begun.
  void Begin(std::string_view pool, std::string_view zone);

  // What stands against taking capacity from a node, which itself is unfit. `begun`: a repair of it is in flight
  // already, so that it takes no place and starts nothing.
  [[nodiscard]] std::optional<Hold> Against(const RepairNode& node, bool begun) const;
  [[nodiscard]] bool Upgrading(std::string_view pool) const;
  [[nodiscard]] std::size_t nodes() const { return cluster_.nodes; }

 private:
  template <typename Do>
  void Each(std::string_view pool, std::string_view zone, Do each);
  [[nodiscard]] std::optional<Hold> AgainstScope(const Scope& scope, bool begun) const;

  const RepairLimits* limits_;
  bool dry_;
  Scope cluster_{.name = "the cluster"};
  std::map<std::string, Scope, std::less<>> pools_;
  std::map<std::string, Scope, std::less<>> zones_;
};

}  // namespace loadline::collector
