// Whether what is said of nodes is right: each kind of fault that comes with `loadline-collector simulate`, by many seeds. A
// run is right when each fault of it was called by its name in time and until it ended, nothing false was said of any other
// node, no node was taken from its users that is not for a repair, and no bound of repair was broken.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "collector/simulate/tally.h"
#include "tests/bench/figure.h"

namespace loadline::bench {
namespace {

using collector::BuiltInScenario;
using collector::PlayTally;

void Run(std::uint64_t seeds, bool json) {
  const auto print = [json](const std::string& metric, double value, const char* unit) {
    Print("verdicts", {.metric = metric, .value = value, .unit = unit}, json);
  };
  PlayTally all;
  std::size_t kinds = 0;
  for (const BuiltInScenario& known : collector::BuiltInScenarios()) {
    const auto scenario = collector::ParseFaultScenario(known.yaml, known.name);
    if (!scenario) continue;
    const PlayTally tally = collector::PlayAll(*scenario, 1, seeds);
    std::string of = known.name;
    std::ranges::replace(of, '-', '_');
    print("verdict_right_share_" + of, tally.RightShare(), "share");
    if (!tally.after.empty()) {
      print("detect_p50_ms_" + of, tally.After(0.5) * 1000, "ms");
      print("detect_p99_ms_" + of, tally.After(0.99) * 1000, "ms");
    }
    ++kinds;
    all.runs += tally.runs;
    all.right += tally.right;
    all.false_verdicts += tally.false_verdicts;
    all.wrong_acts += tally.wrong_acts;
    all.broken += tally.broken;
  }
  print("kinds", static_cast<double>(kinds), "kinds");
  print("seeds", static_cast<double>(seeds), "seeds");
  print("verdict_right_share", all.RightShare(), "share");
  print("false_verdicts", static_cast<double>(all.false_verdicts), "verdicts");
  print("wrong_acts", static_cast<double>(all.wrong_acts), "steps");
  print("broken", static_cast<double>(all.broken), "runs");
}

}  // namespace
}  // namespace loadline::bench

int main(int argc, char** argv) {
  std::uint64_t seeds = 100;
  bool json = false;
  CLI::App app("Whether what is said of nodes is right.");
  app.add_option("--seeds", seeds, "of each kind of fault")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_flag("--json", json);
  CLI11_PARSE(app, argc, argv);
  loadline::bench::Run(seeds, json);
}
