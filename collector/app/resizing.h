// Who resizes pods, as the core knows them. By itself it is nobody: nothing is resized.
#pragma once

#include <vector>

#include "collector/model/applied.h"
#include "collector/model/model.h"
#include "collector/snapshot/snapshot.h"

namespace loadline::collector {

class Resizing {
 public:
  virtual ~Resizing() = default;
  // One step of every workload that opts in; what is to be told of it. At least once a second.
  virtual std::vector<HappeningView> Step(const Model& /*model*/, Wall /*now*/) { return {}; }
  virtual void Killed(const KillSeen& /*kill*/) {}
  [[nodiscard]] virtual ApplyView View() const { return {}; }
};

}  // namespace loadline::collector
