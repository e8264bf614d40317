// What came of a scenario by many seeds.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "collector/simulate/play.h"

namespace loadline::collector {

// NaN of nothing.
double QuantileOf(std::vector<double> values, double share);

struct PlayTally {
  std::string scenario;
  std::size_t runs = 0;
  std::size_t right = 0;  // runs in which everything was
  std::size_t faults = 0;
  std::size_t faults_right = 0;
  std::size_t false_verdicts = 0;
  std::size_t wrong_acts = 0;
  std::size_t broken = 0;  // runs in which a bound of repair was
  std::size_t storms = 0;  // runs with one
  double blind_seconds = 0;
  std::map<std::string, std::size_t> acts;  // by their names, carried out or said
  std::vector<double> after;                // seconds until each fault was said that had to be
  PeerScores peers;
  PeerScore ours;  // beside them: of the faults that they are judged by

  void Add(const PlayEnd& end);
  [[nodiscard]] double RightShare() const;
  // Of the times until a fault was said; NaN: none was.
  [[nodiscard]] double After(double share) const { return QuantileOf(after, share); }
};

// Played with `seeds` seeds from `first` on, on all cores.
PlayTally PlayAll(const FaultScenario& scenario, std::uint64_t first, std::uint64_t seeds);

}  // namespace loadline::collector
