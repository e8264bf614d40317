// What is done about which trouble, and after how long: a ladder of steps, each of which has some time to help before
// the next one, until a person is told.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "collector/repair/node.h"
#include "schemas/base/result.h"

namespace loadline::collector {

// In the order of what they cost; a ladder only goes up. Numbers are saved.
enum class RepairStep : std::uint8_t {
  kRestartAgent,  // the agent's pod is deleted, and its DaemonSet makes another one
  kCordon,
  kDrain,
  kReboot,
  kReimage,
  kReplace,
  kPage,      // a person is told, and nothing more is done
  kUncordon,  // takes our own cordon back when the node is well; in no ladder
};
inline constexpr std::size_t kRepairSteps = 8;
// "restart agent", "cordon" ...
const char* Name(RepairStep step);

// It takes the node, or a part of it, from those who use it: the envelope bounds these.
bool TakesCapacity(RepairStep step);
// What runs on the node, or its disk, does not outlive it.
bool Destroys(RepairStep step);
// Whether a trouble may lead to a step at all, whatever a policy says. Memory and disk pressure never lead to a reboot;
// a node that is fine itself is never taken from its users.
bool MayLeadTo(NodeTrouble trouble, RepairStep step);

struct Rung {
  RepairStep step{};
  Duration patience{};  // how long it has to help, from its end to the next rung
};

struct RepairRule {
  Duration after{};  // for so long the trouble has lasted without a break
  std::vector<Rung> ladder;
};

struct RepairPolicy {
  std::map<NodeTrouble, RepairRule> rules;  // of what is not in it nothing comes

  [[nodiscard]] const RepairRule* For(NodeTrouble trouble) const;
};

// Waits are chosen so that a step is over before AKS's own repair begins, 5 min after a node is NotReady, or begins
// after it.
RepairPolicy DefaultPolicy();

// A ladder goes up, leads only where its trouble may, and ends with a person.
Result<void> Check(const RepairPolicy& policy);

}  // namespace loadline::collector
