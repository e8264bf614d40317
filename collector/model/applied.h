// What one record told that is not a state but a moment.
#pragma once

#include <string>
#include <vector>

#include "collector/model/names.h"
#include "schemas/base/clock.h"
#include "schemas/wire/records.h"

namespace loadline::collector {

// A victim of the OOM killer, and whom it hit in the words of people.
struct KillSeen {
  wire::OomKill kill;
  Wall at{};
  std::string node;
  ContainerName name;              // empty id: no container of a workload, a process of the system
  bool is_first = true;            // of its decision: the others fell with it, and are no further kills
  std::vector<Wall> recent_kills;  // of this container, oldest first, this one last; at most 8
};

struct Applied {
  std::vector<KillSeen> kills;
};

}  // namespace loadline::collector
