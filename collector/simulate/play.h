// A scenario played once: the collector's own liveness, judge, fleet and repairs on a cluster that does not exist, and what
// came of it. Pure: the same scenario and seed give the same.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "collector/simulate/peers.h"
#include "collector/simulate/score.h"

namespace loadline::collector {

struct PlayedAct {
  double at = 0;
  RepairIntent intent;
  bool wrong = false;  // takes a node from its users that nothing befell, or nothing that is for a repair
};

struct PlayEnd {
  std::size_t nodes = 0;
  std::vector<FaultScore> faults;
  std::vector<FalseVerdict> false_verdicts;
  std::vector<PlayedAct> acts;
  std::size_t looks = 0;  // of the collector at all nodes
  double blind_seconds = 0;
  bool storm = false;  // there was one
  PeerScores peers;
  std::uint32_t broken = 0;  // bits of Broken: bounds of repair
  std::string first_broken;  // what was done when the first one was, in words

  // All of them judged right, nothing said or done wrongly, and no bound broken.
  [[nodiscard]] bool right() const;
};

PlayEnd Play(const FaultScenario& scenario, std::uint64_t seed);

}  // namespace loadline::collector
