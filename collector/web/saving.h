// What following a recommendation would free, over all replicas. Negative where the container asks for too
// little. A container without a request frees nothing: it reserves nothing.
#pragma once

#include "collector/snapshot/snapshot.h"

namespace loadline::collector {

struct SavedAmounts {
  MilliCores cpu = 0;
  Bytes memory = 0;
  SavedAmounts& operator+=(const SavedAmounts& other) {
    cpu += other.cpu;
    memory += other.memory;
    return *this;
  }
};

// (request now - target) * replicas; zero without a recommendation.
SavedAmounts SavingOf(const ContainerView& container);

}  // namespace loadline::collector
