// How soon a dead node is called so, and how often a living one is: the collector's own liveness and judge, and other
// detectors, on the same made-up heartbeats of many nodes over days.
//
// A heartbeat a second over TCP: what is lost comes again after 200 ms, then twice as long each time, in order. Each node
// dies once in its day, for two minutes. What else befalls it is its condition; of all nodes the conditions have equal
// shares. A declaration is false when the node lives; one that names the agent alone (the kubelet's port answers) is none.
// Days begin apart from each other, and a false declaration ends with the next heartbeat.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "collector/simulate/chance.h"
#include "collector/simulate/line.h"
#include "collector/simulate/node_watch.h"
#include "collector/simulate/phi_accrual.h"
#include "collector/simulate/suspicion.h"
#include "tests/bench/figure.h"

namespace loadline::bench {
namespace {

using namespace std::chrono_literals;
using collector::AnyHas;
using collector::Chance;
using collector::kNever;
using collector::MonoAt;
using collector::NodeState;
using collector::NodeWatch;
using collector::PhiAccrual;
using collector::PortAnswer;
using collector::SilenceOf;
using collector::SimulatedLine;
using collector::Suspicion;
using collector::TimeSpan;

constexpr double kDay = 86'400;
constexpr double kDeadFor = 120;
// Of the cluster that memberlist would watch.
constexpr std::size_t kMembers = 1000;

struct Condition {
  const char* name;
  double loss = 0;          // of packets, each way
  double jitter = 0;        // seconds by which a heartbeat is late at most
  double pauses = 0;        // of the agent, a day: 0.1 to 10 s each
  double bursts = 0;        // a day: 0.2 to 2 s in which nothing passes
  double starved_late = 0;  // seconds by which heartbeats of a starved agent are late, on average
};
constexpr std::array kConditions = std::to_array<Condition>({
    {.name = "calm"},
    {.name = "loss_1", .loss = 0.01},
    {.name = "loss_5", .loss = 0.05},
    {.name = "loss_20", .loss = 0.2},
    {.name = "jitter", .jitter = 0.5},
    {.name = "pauses", .pauses = 20},
    {.name = "bursts", .bursts = 20},
    {.name = "starved", .starved_late = 0.5},
});

// One node's day, and when its heartbeats arrive.
class DayOfANode {
 public:
  DayOfANode(std::uint64_t seed, const Condition& condition)
      : chance_(seed), condition_(condition), line_(condition.loss) {
    // Nothing dies while it is still being found.
    const double death = chance_.Between(300, kDay - 300);
    dead_ = {death, death + kDeadFor};
    Scatter(condition.pauses, 0.1, 10, [this](const TimeSpan& pause) { pauses_.push_back(pause); });
    Scatter(condition.bursts, 0.2, 2, [this](const TimeSpan& burst) { line_.Break(burst); });
    next_ = chance_.Between(0, 1);
  }

  // When the next heartbeat arrives; those of a dead or stopped agent are not sent.
  double NextArrival() {
    while (true) {
      double sent = next_ + chance_.Between(0, condition_.jitter);
      if (condition_.starved_late > 0) sent += chance_.Around(condition_.starved_late);
      next_ += 1;
      if (sent > kDay) return kNever;
      if (dead_.Has(sent)) continue;
      for (const TimeSpan& pause : pauses_) {
        if (pause.Has(sent)) sent = pause.to;
      }
      // In order: what comes after a lost one waits for it.
      last_ = std::max(last_, line_.Carried(sent, chance_));
      return last_;
    }
  }

  // Whether a connection to its kubelet's port stands within 400 ms: the kernel answers, however its agent fares.
  bool Answers(double at) { return !dead_.Has(at) && line_.Returns(at, chance_); }
  // Whether its agent answers a probe at once: memberlist's.
  bool AgentAnswers(double at) { return !AnyHas(pauses_, at) && Answers(at); }
  [[nodiscard]] const TimeSpan& dead() const { return dead_; }

 private:
  void Scatter(double a_day, double least, double most, const std::function<void(const TimeSpan&)>& into) {
    for (int i = 0; i < static_cast<int>(a_day); ++i) {
      const double at = chance_.Between(0, kDay);
      into({at, at + least * std::pow(most / least, chance_.Between(0, 1))});
    }
  }

  Chance chance_;
  const Condition condition_;
  SimulatedLine line_;
  TimeSpan dead_;
  std::vector<TimeSpan> pauses_;
  double next_ = 0;
  double last_ = 0;
};

// What a detector said of one day of one node.
struct Score {
  std::uint64_t false_declarations = 0;
  double nodes = 0;
  std::vector<double> took;  // seconds, of the deaths that were seen
  std::uint64_t missed = 0;

  void Add(const Score& other) {
    false_declarations += other.false_declarations;
    nodes += other.nodes;
    took.insert(took.end(), other.took.begin(), other.took.end());
    missed += other.missed;
  }
  [[nodiscard]] double FalsePer1000() const { return static_cast<double>(false_declarations) / nodes * 1000; }
  double Quantile(double share) {
    if (took.empty()) return 0;
    const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(took.size() - 1));
    std::ranges::nth_element(took, took.begin() + at);
    return took[static_cast<std::size_t>(at)] * 1000;
  }
};

// Of one node by one detector: when it was held for dead, turned into a score.
class Verdict {
 public:
  void Say(bool dead, double at, const TimeSpan& death, Score& score) {
    if (dead == said_) return;
    said_ = dead;
    if (!dead) return;
    if (!death.Has(at)) {
      ++score.false_declarations;
    } else if (!seen_) {
      seen_ = true;
      score.took.push_back(at - death.from);
    }
  }
  void End(Score& score) const {
    ++score.nodes;
    if (!seen_) ++score.missed;
  }

 private:
  bool said_ = false;
  bool seen_ = false;
};

enum Detector { kOurs, kFixed5, kFixed50, kPhi, kMemberlist, kDetectors };
constexpr std::array<const char*, kDetectors> kNames = {"", "fixed_5s", "fixed_50s", "phi_8", "memberlist"};

using Scores = std::array<Score, kDetectors>;

struct Watched {
  DayOfANode node;
  double arrives = 0;
  double heard = 0;
  PhiAccrual phi{};
  Suspicion memberlist{kMembers};
  std::array<Verdict, kDetectors> said{};
};

// A day of so many nodes of one condition in one cluster, as the collector lives it.
class Day {
 public:
  Day(const Condition& condition, std::uint64_t seed, int nodes) {
    for (int i = 0; i < nodes; ++i) {
      watched_.push_back({.node = DayOfANode(seed * 1'000'003 + static_cast<std::uint64_t>(i), condition)});
      const std::string name = fmt::format("node-{}", i);
      watch_.model().Greet({.node = name}, Wall{});
      watch_.Add(name);
    }
    for (Watched& one : watched_) one.arrives = one.node.NextArrival();
  }

  void Live(Scores& scores) {
    for (double at = 0; at < kDay; at += NodeWatch::kLookEvery) {
      for (std::size_t i = 0; i < watched_.size(); ++i) Hear(i, at);
      if (watch_.Step(at, Wall(MonoAt(at).time_since_epoch()))) Look(at, scores);
    }
    for (Watched& one : watched_) {
      for (int detector = 0; detector < kDetectors; ++detector) one.said[detector].End(scores[detector]);
    }
  }

 private:
  void Hear(std::size_t i, double at) {
    Watched& one = watched_[i];
    while (one.arrives <= at) {
      watch_.liveness().Heard(watch_.name(i), MonoAt(one.arrives), 0s);
      one.phi.Heard(one.arrives);
      one.heard = one.arrives;
      one.arrives = one.node.NextArrival();
    }
  }

  void Look(double at, Scores& scores) {
    for (std::size_t i = 0; i < watched_.size(); ++i) {
      Watched& one = watched_[i];
      const auto& verdict = watch_.judge().Of(watch_.name(i));
      const bool silent = verdict.state == NodeState::kSilent && !IsThere(verdict.silence_of);
      const auto answers = [&] { return one.node.AgentAnswers(at); };
      const std::array<bool, kDetectors> dead = {silent, at - one.heard >= 5, at - one.heard >= 50,
                                                 one.phi.IsDead(at, 8), one.memberlist.IsDead(at, answers)};
      for (int detector = 0; detector < kDetectors; ++detector)
        one.said[detector].Say(dead[detector], at, one.node.dead(), scores[detector]);
    }
  }

  std::vector<Watched> watched_;
  NodeWatch watch_{{.connect =
                        [this](std::size_t node, double at) {
                          return watched_[node].node.Answers(at) ? PortAnswer::kAccepted
                                                                 : PortAnswer::kNothing;
                        },
                    // What gets through at all gets through within two seconds: it is sent again.
                    .answers = [](std::size_t, double) { return true; },
                    .marks = {}}};
};

void Run(int node_days, bool json) {
  const int each = std::max(1, node_days / static_cast<int>(kConditions.size()));
  constexpr int kNodes = 100;  // of a cluster
  std::array<Scores, kConditions.size()> scores;
  {
    std::vector<std::jthread> threads;
    std::atomic<std::size_t> next = 0;
    for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
      threads.emplace_back([&] {
        for (std::size_t which = next++; which < kConditions.size(); which = next++) {
          for (int done = 0; done < each; done += kNodes)
            Day(kConditions[which], which * 1000 + static_cast<std::uint64_t>(done),
                std::min(kNodes, each - done))
                .Live(scores[which]);
        }
      });
    }
  }
  Scores all;
  const auto print = [&](const std::string& metric, double value, const char* unit) {
    Print("detector", {.metric = metric, .value = value, .unit = unit}, json);
  };
  const auto named = [](const char* what, const char* of) {
    return *of == '\0' ? std::string(what) : fmt::format("{}_{}", what, of);
  };
  for (std::size_t which = 0; which < kConditions.size(); ++which) {
    for (int detector = 0; detector < kDetectors; ++detector) {
      const std::string of = named(kConditions[which].name, kNames[detector]);
      print("false_per_1000_node_days_" + of, scores[which][detector].FalsePer1000(), "declarations");
      print("detect_p99_ms_" + of, scores[which][detector].Quantile(0.99), "ms");
      all[detector].Add(scores[which][detector]);
    }
  }
  print("node_days", all[kOurs].nodes, "node-days");
  for (int detector = 0; detector < kDetectors; ++detector) {
    const char* of = kNames[detector];
    print(named("false_per_1000_node_days", of), all[detector].FalsePer1000(), "declarations");
    print(named("detect_p50_ms", of), all[detector].Quantile(0.5), "ms");
    print(named("detect_p99_ms", of), all[detector].Quantile(0.99), "ms");
    print(named("missed", of), static_cast<double>(all[detector].missed), "deaths");
  }
}

}  // namespace
}  // namespace loadline::bench

int main(int argc, char** argv) {
  int node_days = 1600;
  bool json = false;
  CLI::App app("How soon a dead node is called so, and how often a living one is.");
  app.add_option("--node-days", node_days)->check(CLI::Range(8, 1'000'000))->capture_default_str();
  app.add_flag("--json", json);
  CLI11_PARSE(app, argc, argv);
  loadline::bench::Run(node_days, json);
}
