#include "collector/simulate/fault.h"

#include <algorithm>

namespace loadline::collector {
namespace {

using enum NodeTrouble;

// The API server takes a node's word for 50 s at most, and looks each 5 s; what it says is here within another.
constexpr double kApiServerKnows = 62;
// As long as a silence without a second witness takes, on a line that is not the best.
constexpr double kSilence = 20;

const std::array<FaultTraits, kFaultKinds>& AllTraits() {
  static const std::array<FaultTraits, kFaultKinds> kAll = {{
      // Over a line that loses packets an agent is waited for.
      {"agent_dead", {kAgentDead}, 35, {}, false, false},
      // While its agent reports, its own silence towards the API server is all there is.
      {"kubelet_dead", {kKubeletDead}, kApiServerKnows, {}, false, true},
      // From outside a machine that does not run is one that is cut off; who knows more says gone.
      {"node_killed", {kPartitioned, kGone}, kSilence, {}, false, true},
      {"cable_cut", {kPartitioned, kGone}, kSilence, {}, false, true},
      // Until the API server would have missed it, too, nobody can tell it from a cut cable.
      {"cut_from_collector", {kPartitionedFromCollector}, 80, {kPartitioned, kGone}, false, false},
      // Three requests without an answer take six seconds, and may not be over when the silence is long enough.
      {"kernel_hung", {kKernelHung}, kSilence, {kUnknown}, false, true},
      {"memory_livelock", {kMemoryLivelock}, kSilence, {kUnknown}, false, true},
      {"disk_read_only", {kDiskReadOnly}, 10, {}, false, true},
      {"node_gone", {std::nullopt}, 80, {kPartitioned, kGone}, false, true},
      {"reboot", {kNone, kRebooting}, 0, {}, false, false},
      {"reboot_announced", {kScheduled, kRebooting}, kSilence, {}, false, false},
      // A short one need not be noticed.
      {"freeze_announced", {kNone, kScheduled}, 0, {}, false, false},
      {"agent_starved", {kNone}, 0, {}, false, false},
      {"line_lossy", {kNone}, 0, {}, false, false},
      {"collector_paused", {kNone}, 0, {}, true, false},
      {"collector_starved", {kNone}, 0, {}, true, false},
      {"collector_cut_off", {kNone}, 0, {}, true, false},
      {"collector_clock_set", {kNone}, 0, {}, true, false},
  }};
  return kAll;
}

}  // namespace

const FaultTraits& TraitsOf(FaultKind kind) {
  return AllTraits().at(static_cast<std::size_t>(kind));
}

std::optional<FaultKind> FaultNamed(std::string_view name) {
  const auto found = std::ranges::find(AllTraits(), name, &FaultTraits::name);
  if (found == AllTraits().end()) return std::nullopt;
  return static_cast<FaultKind>(found - AllTraits().begin());
}

std::string SaidName(const SaidOfNode& said) {
  if (!said) return "taken away";
  return *said == kNone ? "healthy" : Name(*said);
}

}  // namespace loadline::collector
