// Who keeps a replica from CPU that it would use: its limit, or the others on its node.
//
// PSI counts a task as waiting for CPU while the limit stops it, too, and the wait in a run queue is that of tasks behind
// their own siblings as well. So the limit goes first where it stops the replica in a tenth of its periods; and the others
// are meant only where the replica leaves some of the node's CPU to them.
#pragma once

#include <optional>

#include "collector/snapshot/snapshot.h"

namespace loadline::collector {

// Of one window.
struct CpuWait {
  double throttled_share = 0;  // of its CPU periods
  std::optional<double>
      queued{};  // waiting while not throttled: seconds a second, summed over tasks; not seen: none
  std::optional<double> pressure{};  // PSI some, a share of the time; not seen: none
  double used_of_node = 0;           // of all its CPUs; 0: not known
};

// Nobody, where it had what it wanted for nine tenths of the time, or none of this is seen.
std::optional<HeldBackBy> WhoHoldsBack(const CpuWait& wait);

}  // namespace loadline::collector
