// Lives that nobody thought of, lived with `loadline`, `vpa` and `krr`: where is ours killed, short or wasteful where a peer
// is not? The worst are named; `loadline-collector backtest --scenario random-SEED` looks at one.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ranges>
#include <string>
#include <vector>

#include "collector/backtest/random_life.h"
#include "collector/recommend/algorithm.h"
#include "tests/bench/figure.h"

namespace loadline::bench {
namespace {

using collector::Life;
using collector::LifeFigures;

// Differences that a person would see.
constexpr int kFewKills = 2;
constexpr double kFewMinutes = 60;

struct Lived {
  std::string name;
  LifeFigures ours;
  LifeFigures vpa;
  LifeFigures krr;

  [[nodiscard]] int KillsMore() const { return ours.kills - std::min(vpa.kills, krr.kills); }
};

std::string Words(const LifeFigures& figures) {
  return fmt::format("{} kills, {:.0f} min, {:.0f} %, {:.0f} %", figures.kills, figures.minutes_short,
                     100 * figures.memory_slack, 100 * figures.cpu_slack);
}

void Show(std::vector<Lived> lived, std::size_t most, auto by) {
  std::ranges::sort(lived, std::ranges::greater(), by);
  for (const Lived& life : lived | std::views::take(most)) {
    if (by(life) <= 0) break;
    fmt::print(stderr, "{}\n    loadline {}; vpa {}; krr {}\n", life.name, Words(life.ours), Words(life.vpa),
               Words(life.krr));
  }
}

void Run(std::uint64_t first, std::uint64_t lives, std::size_t show, bool json) {
  const auto loadline = *collector::MakeAlgorithm("loadline");
  const auto vpa = *collector::MakeAlgorithm("vpa");
  const auto krr = *collector::MakeAlgorithm("krr");
  std::vector<Lived> lived;
  for (std::uint64_t seed = first; seed < first + lives; ++seed) {
    const Life life = collector::RandomLife(seed);
    lived.push_back({.name = life.name,
                     .ours = LiveThrough(life, *loadline),
                     .vpa = LiveThrough(life, *vpa),
                     .krr = LiveThrough(life, *krr)});
  }
  const auto print = [&](std::string metric, double value, std::string unit) {
    Print("random-lives", {.metric = std::move(metric), .value = value, .unit = std::move(unit)}, json);
  };
  const auto sum = [&](LifeFigures Lived::* whose, auto LifeFigures::* what) {
    double all = 0;
    for (const Lived& life : lived) all += static_cast<double>(life.*whose.*what);
    return all;
  };
  print("lives", static_cast<double>(lives), "lives");
  for (const auto& [whose, name] :
       {std::pair{&Lived::ours, "loadline"}, {&Lived::vpa, "vpa"}, {&Lived::krr, "krr"}}) {
    print(fmt::format("kills_{}", name), sum(whose, &LifeFigures::kills), "kills");
    print(fmt::format("minutes_short_{}", name), sum(whose, &LifeFigures::minutes_short), "min");
    print(fmt::format("memory_slack_{}", name),
          sum(whose, &LifeFigures::memory_slack) / static_cast<double>(lives), "share");
    print(fmt::format("cpu_slack_{}", name), sum(whose, &LifeFigures::cpu_slack) / static_cast<double>(lives),
          "share");
  }
  const auto share = [&](auto is) {
    return static_cast<double>(std::ranges::count_if(lived, is)) / static_cast<double>(lives);
  };
  print("more_kills_than_both", share([](const Lived& life) {
          return life.ours.kills > std::max(life.vpa.kills, life.krr.kills) + kFewKills;
        }),
        "share");
  print("more_kills_than_best", share([](const Lived& life) { return life.KillsMore() > kFewKills; }),
        "share");
  print("more_kills_than_vpa",
        share([](const Lived& life) { return life.ours.kills > life.vpa.kills + kFewKills; }), "share");
  print("shorter_than_vpa", share([](const Lived& life) {
          return life.ours.minutes_short > life.vpa.minutes_short + kFewMinutes;
        }),
        "share");
  if (show == 0) return;
  fmt::print(
      stderr,
      "\nmost kills more than the better peer (kills, minutes short of CPU, slack of memory and CPU):\n");
  Show(lived, show, [](const Lived& life) { return static_cast<double>(life.KillsMore()); });
  fmt::print(stderr, "\nmost minutes short more than with vpa:\n");
  Show(lived, show, [](const Lived& life) { return life.ours.minutes_short - life.vpa.minutes_short; });
  fmt::print(stderr, "\nmost memory slack more than with vpa, with no fewer kills:\n");
  Show(lived, show, [](const Lived& life) {
    return life.ours.kills < life.vpa.kills ? 0 : life.ours.memory_slack - life.vpa.memory_slack;
  });
  fmt::print(stderr, "\nmost CPU slack more than with vpa, with no fewer minutes short:\n");
  Show(lived, show, [](const Lived& life) {
    return life.ours.minutes_short + kFewMinutes < life.vpa.minutes_short
               ? 0
               : life.ours.cpu_slack - life.vpa.cpu_slack;
  });
}

}  // namespace
}  // namespace loadline::bench

int main(int argc, char** argv) {
  std::uint64_t first = 1;
  std::uint64_t lives = 300;
  std::size_t show = 5;
  bool json = false;
  CLI::App app("Lives put together by chance, with each of the algorithms.");
  app.add_option("--first", first, "the seed of the first")->capture_default_str();
  app.add_option("--lives", lives)->check(CLI::Range(1, 1'000'000))->capture_default_str();
  app.add_option("--show", show, "name so many of the worst of each kind")->capture_default_str();
  app.add_flag("--json", json);
  CLI11_PARSE(app, argc, argv);
  loadline::bench::Run(first, lives, show, json);
}
