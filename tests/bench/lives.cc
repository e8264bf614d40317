// In how many of the lives `loadline` is no worse than the better of its peers: kills, minutes short of CPU and slack.
#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <string_view>

#include "collector/backtest/life.h"
#include "collector/recommend/algorithm.h"
#include "tests/bench/figure.h"

namespace loadline {
namespace {

using collector::LifeFigures;

std::string Words(const LifeFigures& figures) {
  return fmt::format("{} kills, {} min short, {:.1f} % memory and {:.1f} % CPU slack", figures.kills,
                     figures.minutes_short, 100 * figures.memory_slack, 100 * figures.cpu_slack);
}

void Run(bool json) {
  const auto loadline = *collector::MakeAlgorithm("loadline");
  const auto vpa = *collector::MakeAlgorithm("vpa");
  const auto krr = *collector::MakeAlgorithm("krr");
  int worse = 0;
  int riskier = 0;
  int without_reason = 0;
  for (const collector::Life& life : collector::Lives()) {
    const LifeFigures ours = LiveThrough(life, *loadline);
    const LifeFigures theirs = LiveThrough(life, *vpa);
    const LifeFigures by_hand = LiveThrough(life, *krr);
    if (!IsWorse(ours, theirs, by_hand)) continue;
    ++worse;
    riskier += IsRiskier(ours, theirs, by_hand) ? 1 : 0;
    without_reason += life.excuse.empty() ? 1 : 0;
    fmt::print(stderr, "{} is worse: {}; vpa {}; krr {}; {}\n", life.name, Words(ours), Words(theirs),
               Words(by_hand), life.excuse);
  }
  const auto total = static_cast<int>(collector::Lives().size());
  const auto print = [&](const char* metric, int value) {
    bench::Print("lives", {.metric = metric, .value = static_cast<double>(value)}, json);
  };
  print("lives_total", total);
  print("lives", total - worse);                        // no worse in anything
  print("lives_worse_than_best_peer", worse);           // each named in docs/recommendations.md
  print("lives_riskier_than_best_peer", riskier);       // of these, those with more kills or short minutes
  print("lives_worse_without_reason", without_reason);  // and those that are not named
}

}  // namespace
}  // namespace loadline

int main(int argc, char** argv) {
  loadline::Run(argc > 1 && std::string_view(argv[1]) == "--json");
}
