// How much may be repaired at once, and how fast: bounds that hold whatever is seen on however many nodes.
//
// Each bound is there for a fault that the others let pass. A level (so many nodes may be unfit) stops when much is
// wrong, but fills up again when repaired nodes vanish: the fault of Karpenter's cap. A rate stops that. A storm stops
// what goes wrong everywhere at once before the level is reached. What one bound allows another may hold back.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "schemas/base/clock.h"

namespace loadline::collector {

// Of one pool, one zone or the cluster.
struct ScopeLimits {
  double unfit_share = 0.2;  // more of its nodes than this are unfit: nothing is taken from it
  int in_flight = 1;         // nodes that are being repaired at the same time, by us or by others
  int starts = 1;            // repairs begun in any stretch of RepairLimits::window
  double day_share = 0.2;    // repairs begun in any 24 h, as a share of its nodes
  int day_least = 2;         // but so many in any case
};

struct RepairLimits {
  ScopeLimits pool;
  ScopeLimits zone{.in_flight = 1, .starts = 1};
  ScopeLimits cluster{.in_flight = 2, .starts = 2};
  Duration window = std::chrono::minutes(10);

  // Nodes of the pool that are fit, besides the one that is repaired. With 0 the only node of a pool is repaired, too.
  int fit_left = 1;

  // A storm: within storm_window more nodes fell ill than storm_share of all, and than storm_least. Nothing is begun or
  // gone on with until there was none for storm_quiet.
  double storm_share = 0.05;
  int storm_least = 2;
  Duration storm_window = std::chrono::minutes(10);
  Duration storm_quiet = std::chrono::minutes(10);

  // A node that fell ill so often within flap_window, or was repaired so often within a day, is not repaired again: a
  // person is told.
  int flaps = 3;
  Duration flap_window = std::chrono::hours(1);
  int repairs_of_a_node = 2;
  // From the end of one repair of a node to the next.
  Duration cool_down = std::chrono::minutes(30);
  // A node that was repaired is well again when it has been so for this long.
  Duration well_for = std::chrono::minutes(5);

  // A step that the limits hold back so long after the trouble began becomes a page: nobody is forgotten.
  Duration tell_after = std::chrono::hours(1);

  // After the collector's start, and after it was blind, it looks on for so long first.
  Duration settle = std::chrono::minutes(2);
  // Between two looks: when more time than this has passed it was blind. It stood still, and knows nothing of meanwhile.
  Duration stall = std::chrono::seconds(10);
  // What became of an order is known by then, or it is unclear.
  Duration outcome_within = std::chrono::minutes(90);
  // An approval holds for so long: what it was given for may have changed.
  Duration approval_lasts = std::chrono::minutes(15);
};

inline constexpr Duration kDay = std::chrono::hours(24);

// How many of `nodes` a share is, rounded down, and at least `least`: of 1 to 9 nodes 20 % is 1, of 10 it is 2. Of one
// node 20 % is 1 as well: there RepairLimits::fit_left decides.
inline int ShareOf(double share, std::size_t nodes, int least) {
  // 0.2 * 10 may be a little less than 2.
  const double part = std::floor(share * static_cast<double>(nodes) + 1e-9);
  return std::max(least, static_cast<int>(part));
}

}  // namespace loadline::collector
