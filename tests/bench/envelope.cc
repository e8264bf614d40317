// Whether any bound of repair is ever broken: a million random histories of clusters, each act in them checked by code
// that counts for itself; and what a cap on the level alone, as Karpenter's, does in the same histories.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <thread>
#include <vector>

#include "collector/simulate/repair_checker.h"
#include "tests/bench/figure.h"
#include "tests/support/repair_history.h"

namespace loadline::bench {
namespace {

struct Sum {
  std::uint64_t histories = 0;
  std::uint64_t broken = 0;
  std::uint64_t taken = 0;
  std::uint64_t taken_wrongly = 0;

  void Add(const test::HistoryEnd& end) {
    ++histories;
    broken += end.broken != 0 ? 1 : 0;
    taken += static_cast<std::uint64_t>(end.taken);
    taken_wrongly += static_cast<std::uint64_t>(end.taken_wrongly);
  }
  void Add(const Sum& other) {
    histories += other.histories;
    broken += other.broken;
    taken += other.taken;
    taken_wrongly += other.taken_wrongly;
  }
};

struct Part {
  Sum ours;
  Sum level_only;
};

// Every `of`-th seed, from `first` on.
void RunPart(std::uint64_t first, std::uint64_t histories, std::uint64_t of, Part& part) {
  for (std::uint64_t seed = first; seed < histories; seed += of) {
    const test::HistoryEnd end = test::RepairHistory(seed);
    if (end.broken != 0)
      fmt::print(stderr, "history {}: {}: {}\n", seed, collector::NamesOf(end.broken), end.first);
    part.ours.Add(end);
    part.level_only.Add(test::LevelOnlyHistory(seed));
  }
}

void Run(std::uint64_t histories, bool json) {
  std::vector<Part> parts(std::max(1U, std::thread::hardware_concurrency()));
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < parts.size(); ++i)
      threads.emplace_back([&, i] { RunPart(i, histories, parts.size(), parts[i]); });
  }
  Part all;
  for (const Part& part : parts) {
    all.ours.Add(part.ours);
    all.level_only.Add(part.level_only);
  }
  const auto print = [&](const std::string& metric, std::uint64_t value, const std::string& unit) {
    Print("envelope", {.metric = metric, .value = static_cast<double>(value), .unit = unit}, json);
  };
  print("histories", all.ours.histories, "histories");
  print("broken", all.ours.broken, "histories");
  print("broken_karpenter", all.level_only.broken, "histories");
  print("repairs", all.ours.taken, "nodes");
  print("repairs_karpenter", all.level_only.taken, "nodes");
  print("well_nodes_taken", all.ours.taken_wrongly, "nodes");
  print("well_nodes_taken_karpenter", all.level_only.taken_wrongly, "nodes");
}

}  // namespace
}  // namespace loadline::bench

int main(int argc, char** argv) {
  std::uint64_t histories = 1'000'000;
  bool json = false;
  CLI::App app("Whether a bound of repair is ever broken.");
  app.add_option("--histories", histories)->check(CLI::Range(1, 1'000'000'000))->capture_default_str();
  app.add_flag("--json", json);
  CLI11_PARSE(app, argc, argv);
  loadline::bench::Run(histories, json);
}
