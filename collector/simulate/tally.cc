#include "collector/simulate/tally.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <thread>

namespace loadline::collector {

void PlayTally::Add(const PlayEnd& end) {
  ++runs;
  right += end.right() ? 1 : 0;
  faults += end.faults.size();
  false_verdicts += end.false_verdicts.size();
  broken += end.broken != 0 ? 1 : 0;
  storms += end.storm ? 1 : 0;
  blind_seconds += end.blind_seconds;
  for (const FaultScore& fault : end.faults) {
    faults_right += fault.right ? 1 : 0;
    const auto& right_is = TraitsOf(fault.kind).right;
    const bool is_said = std::ranges::find(right_is, SaidOfNode(NodeTrouble::kNone)) == right_is.end();
    if (fault.after && is_said) after.push_back(*fault.after);
    if (!TraitsOf(fault.kind).may_be_taken) continue;
    ++ours.faults;
    if (fault.after && fault.right) ours.after.push_back(*fault.after);
  }
  ours.falsely += end.false_verdicts.size();
  for (std::size_t peer = 0; peer < kPeers; ++peer) peers[peer].Add(end.peers[peer]);
  for (const PlayedAct& act : end.acts) {
    wrong_acts += act.wrong ? 1 : 0;
    ++acts[Name(act.intent.step)];
  }
}

double PlayTally::RightShare() const {
  return runs == 0 ? 0 : static_cast<double>(right) / static_cast<double>(runs);
}

double QuantileOf(std::vector<double> values, double share) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

PlayTally PlayAll(const FaultScenario& scenario, std::uint64_t first, std::uint64_t seeds) {
  std::vector<PlayEnd> ends(seeds);
  {
    std::atomic<std::uint64_t> next = 0;
    std::vector<std::jthread> threads;
    const std::uint64_t cores = std::max(1U, std::thread::hardware_concurrency());
    for (std::uint64_t i = 0; i < std::min(cores, seeds); ++i) {
      threads.emplace_back([&] {
        for (std::uint64_t seed = next++; seed < seeds; seed = next++)
          ends[seed] = Play(scenario, first + seed);
      });
    }
  }
  // In their order, so that the same is printed again.
  PlayTally tally{.scenario = scenario.name};
  for (const PlayEnd& end : ends) tally.Add(end);
  return tally;
}

}  // namespace loadline::collector
