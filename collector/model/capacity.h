// What a machine has, as the cluster's API server tells, and whether an agent claims more of it.
//
// The kubelet says it, not the agent; so it bounds what an agent that lies can make of one node. Until it is
// known nothing is refused.
#pragma once

#include <span>

#include "schemas/base/clock.h"
#include "schemas/wire/records.h"

namespace loadline::collector {

// Zero where it is not known. A machine that shrank may still tell of windows from before.
struct ToldCapacity {
  wire::NodeCapacity now;
  wire::NodeCapacity before;
  Wall since{};  // when `now` was first told

  void Tell(const wire::NodeCapacity& capacity, Wall at);
  // What holds for a window that ended, or a kill that came, at that time.
  [[nodiscard]] wire::NodeCapacity At(Wall end) const;
  bool operator==(const ToldCapacity&) const = default;
};

// Whether no container of a machine of that capacity can have used so much in one window.
bool IsBeyond(const wire::NodeCapacity& capacity, const wire::ContainerWindow& window, Duration length);

// Whether no container can have been killed at its own limit there holding so much.
bool IsBeyond(const wire::NodeCapacity& capacity, const wire::OomKill& kill);

// Of the samples of single seconds, ascending, those that the machine's CPUs can have served. One second may
// be read late, and proves nothing; it teaches nothing either.
std::span<const wire::CpuWindow::Bin> BinsWithin(const wire::NodeCapacity& capacity,
                                                 std::span<const wire::CpuWindow::Bin> bins);

}  // namespace loadline::collector
