// Whether what is said of nodes is right: for each fault when it was said what it is, and what was said wrongly.
//
// A fault is judged right when one of what is right to be said of it (fault.h) was said in time, and from then on nothing else
// until it ended. What is said besides of a node that nothing befalls, or that nothing like it befalls, is false; for a minute
// and a half after the end of a fault, or of a repair, it may still be said. A node that is down for a repair is not judged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collector/simulate/simulated_cluster.h"

namespace loadline::collector {

struct FaultScore {
  FaultKind kind{};
  std::string node;  // empty: the collector
  double at = 0;
  // What was said last while it lasted; of the collector's: whether it was right.
  SaidOfNode said = NodeTrouble::kNone;
  std::string evidence;
  std::optional<double> after;  // seconds until it was said
  bool right = false;
};

struct FalseVerdict {
  double at = 0;
  std::string node;
  SaidOfNode said;
  std::string evidence;
};

class Score {
 public:
  explicit Score(SimulatedCluster& cluster);

  // The collector has looked.
  void Looked(const Fleet& fleet, double at);
  // It repairs, or would. True: it was wrong to.
  bool Acted(const RepairIntent& intent, double at);
  // At the end of time.
  [[nodiscard]] std::vector<FaultScore> Faults(double last) const;
  [[nodiscard]] const std::vector<FalseVerdict>& false_verdicts() const { return false_; }

 private:
  struct Judged {
    const Befallen* befallen = nullptr;
    std::optional<double> right_since;
    bool lost = false;  // it was right, and then it was not
    SaidOfNode said = NodeTrouble::kNone;
    std::string evidence;
  };
  void LookAt(std::size_t node, const SaidOfNode& said, const std::string& evidence, double at);
  void LookAtCollector(Judged& judged, const Fleet& fleet, double at);
  [[nodiscard]] bool UnderRepair(std::size_t node, double at) const;
  [[nodiscard]] bool Explained(std::size_t node, const SaidOfNode& said, double at) const;

  SimulatedCluster& cluster_;
  std::vector<Judged> judged_;
  std::map<std::size_t, std::vector<std::size_t>> of_node_;  // which of these befall it
  std::vector<SaidOfNode> said_;                             // of each node, last
  std::vector<FalseVerdict> false_;
};

}  // namespace loadline::collector
