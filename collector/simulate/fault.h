// What can befall a node, or the collector, in a simulation; and what is right to be said of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/repair/node.h"
#include "collector/simulate/line.h"

namespace loadline::collector {

enum class FaultKind : std::uint8_t {
  kAgentDead,
  kKubeletDead,
  kNodeKilled,        // the machine does not run; it is still there
  kCableCut,          // nobody hears it
  kCutFromCollector,  // the API server hears it, the collector does not
  kKernelHung,        // its kernel's network lives: connections are accepted, and nobody answers
  kMemoryLivelock,    // the same, after half a minute and more in which tasks waited for memory
  kDiskReadOnly,      // its kernel remounts the root file system
  kNodeGone,          // its machine is deleted, and its Node after it
  kReboot,            // in order: its agent says that it was asked to end
  kRebootAnnounced,   // the platform says so before, and its machine stops without a word
  kFreezeAnnounced,   // the same, and it stands still: what ran goes on after it
  kAgentStarved,      // its agent's heartbeats are late, and stand still for seconds
  kLineLossy,         // packets are lost
  kCollectorPaused,
  kCollectorStarved,  // it runs now and then
  kCollectorCutOff,   // it does not hear a share of the nodes
  kCollectorClockSet,
};
inline constexpr std::size_t kFaultKinds = 18;

// Nothing: the node is not among those that there are any more.
using SaidOfNode = std::optional<NodeTrouble>;

struct FaultTraits {
  std::string_view name;  // in scenarios: "kernel_hung"
  // Each of these is right, and one of them has to be said within so many seconds.
  std::vector<SaidOfNode> right;
  double within = 0;
  // What may be said until then, because what is right cannot be known before.
  std::vector<SaidOfNode> before;
  bool of_collector = false;
  // It is right to take the node from its users.
  bool may_be_taken = false;
};
const FaultTraits& TraitsOf(FaultKind kind);
// Nothing: there is none of that name.
std::optional<FaultKind> FaultNamed(std::string_view name);
// "healthy" for kNone, "taken away" for nothing.
std::string SaidName(const SaidOfNode& said);

// One fault of one node, or of the collector.
struct SimulatedFault {
  FaultKind kind{};
  TimeSpan span;              // begins, and ends by itself or by a repair
  double announced = kNever;  // of those that are: when
  double ramp = 0;            // of kMemoryLivelock: so many seconds before, tasks begin to wait for memory
  double loss = 0;            // of kLineLossy: the share
  double late = 0;            // of kAgentStarved: seconds by which heartbeats are late on average
  bool healed = false;        // by a repair
};

}  // namespace loadline::collector
