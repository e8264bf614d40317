// Who resizes pods, as the core knows them. By itself it is nobody: nothing is resized.
#pragma once

#include <vector>

#include "collector/model/applied.h"
#include "collector/model/model.h"
#include "collector/snapshot/snapshot.h"

namespace loadline::collector {

// A container of a workload grows towards its memory limit: wire/memory_growth.h.
struct GrowthSeen {
  wire::MemoryStall stall;
  Wall at{};
  std::string node;
  ContainerName name;
};

class Resizing {
 public:
  virtual ~Resizing() = default;
  // One step of every workload that opts in; what is to be told of it. At least once a second.
  virtual std::vector<HappeningView> Step(const Model& /*model*/, Wall /*now*/) { return {}; }
  virtual void Killed(const KillSeen& /*kill*/) {}
  // A container is about to be full: what is to be done leaves before this returns. What is to be told of it.
  virtual std::vector<HappeningView> Grows(const Model& /*model*/, const GrowthSeen& /*growth*/,
                                           Wall /*now*/) {
    return {};
  }
  [[nodiscard]] virtual ApplyView View() const { return {}; }
};

}  // namespace loadline::collector
