#include "collector/backtest/scenario.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "collector/backtest/life.h"
#include "collector/backtest/shapes.h"
#include "collector/backtest/simulated_container.h"
#include "collector/recommend/workload.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using std::chrono::hours;
using Findings = std::vector<Finding>;

double InMiB(Bytes bytes) {
  return static_cast<double>(bytes) / kMiBytes;
}

// A container that has lived with 80m for eight days at a limit of 100m now wants ten times that limit.
Findings Throttled(const Algorithm& algorithm) {
  constexpr double kNeed = 1.0;
  SimulatedContainer container(algorithm, {.request = {.cpu = 100, .memory = 300 * kMiB}, .cpu_limit = true});
  while (container.age() < 8 * kDay) container.Live({.cores = 0.08, .bytes = 100 * kMiBytes});
  const Duration begin = container.age();
  int applies = 0;
  double hours_to_serve = std::numeric_limits<double>::infinity();
  int applies_to_serve = 0;
  while (container.age() < begin + 14 * kDay) {
    container.Live({.cores = kNeed, .bytes = 100 * kMiBytes});
    if (container.throttled_share() < 0.01 && std::isinf(hours_to_serve)) {
      hours_to_serve = Seconds(container.age() - begin) / 3600;
      applies_to_serve = applies;
    }
    const int before = container.changes();
    container.Resize();
    applies += container.changes() - before;
  }
  return {{"minutes_to_serve", hours_to_serve * 60, "min"},
          {"applies_to_serve", static_cast<double>(applies_to_serve), ""},
          {"applies", static_cast<double>(applies), ""},
          {"final_request", static_cast<double>(container.request().cpu), "m"},
          {"final_over_need", static_cast<double>(container.request().cpu) / (kNeed * 1000), "x"}};
}

// 1000m in office hours, 50m otherwise, no limit: three weeks to learn, then the Monday after is judged.
Findings OfficeHours(const Algorithm& algorithm) {
  SimulatedContainer container(algorithm, {.request = {.cpu = 1000, .memory = 300 * kMiB}});
  double monday_short = 0;
  double week_request = 0;
  int week_steps = 0;
  int changes_before = 0;
  while (container.age() < 28 * kDay) {
    const bool judged = container.age() >= 21 * kDay;
    if (container.age() == 21 * kDay) changes_before = container.changes();
    const bool busy = InOffice(container.age());
    if (judged) {
      week_request += static_cast<double>(container.request().cpu);
      ++week_steps;
      monday_short += busy && DayOf(container.age()) == 4 && container.request().cpu < 1000;
    }
    container.Live({.cores = busy ? 1.0 : 0.05, .bytes = 100 * kMiBytes});
    container.Resize();
  }
  return {{"monday_minutes_short", monday_short, "min"},
          {"mean_request", week_request / week_steps, "m"},
          {"changes_a_week", static_cast<double>(container.changes() - changes_before), ""}};
}

// 2 GiB on one day of the week, 400 MiB on the others.
Findings WeeklyPeak(const Algorithm& algorithm) {
  SimulatedContainer container(algorithm, {.request = {.cpu = 200, .memory = 2560 * kMiB}, .step = 5min});
  int short_weeks = 0;
  Bytes before_peak = 0;
  while (container.age() < 35 * kDay) {
    const bool peak = DayOf(container.age()) == 6 && HourOf(container.age()) == 12;
    if (peak && container.age() >= 14 * kDay && container.age() % hours(1) == 0min) {
      before_peak = container.request().memory;
      short_weeks += static_cast<double>(before_peak) < 2048 * kMiBytes;
    }
    container.Live({.cores = 0.1, .bytes = (peak ? 2048 : 400) * kMiBytes});
    if (container.age() % hours(1) == 0min) container.Resize();
  }
  return {{"request_before_peak", InMiB(before_peak), "MiB"},
          {"weeks_short", static_cast<double>(short_weeks), "of 3"}};
}

// One of twenty replicas is killed at 500 MiB ten times; the others peak at 400 MiB.
Findings BadReplica(const Algorithm& algorithm) {
  constexpr int kReplicas = 20;
  std::vector<ContainerUsage> replicas(kReplicas);
  Wall now = SimulatedContainer::kBegin;
  for (int hour = 0; hour < 48; ++hour) {
    now += hours(1);
    for (ContainerUsage& replica : replicas) {
      replica.AddCpu({.at = now, .interval = hours(1), .usage_cores = 0.1});
      replica.AddMemory({.at = now, .interval = hours(1), .working_set = 400 * kMiB, .limit = 500 * kMiB});
    }
  }
  for (int kill = 0; kill < 10; ++kill) {
    replicas[0].AddOom(
        {.at = now + kill * 1min, .usage = 500 * kMiB, .limit = 500 * kMiB, .request = 500 * kMiB});
  }
  std::vector<Instance> instances;
  for (int i = 0; i < kReplicas; ++i)
    instances.push_back({.name = fmt::format("pod-{}", i), .usage = &replicas[i]});
  const Context context{.request = {.cpu = 200, .memory = 500 * kMiB},
                        .limit = {.cpu = 0, .memory = 500 * kMiB}};
  const WorkloadRecommendation answer = RecommendWorkload(algorithm, instances, context, now + 10min);
  const double target = InMiB(answer.groups.front().recommendation.memory.target);
  return {{"target", target, "MiB"},
          {"above_the_kill", target > 500 ? 1.0 : 0.0, ""},
          {"outliers_named", static_cast<double>(answer.outliers.size()), ""}};
}

// A DaemonSet on 100 nodes: on five large ones it needs 1500m, on the others 50m.
Findings SkewedDaemonSet(const Algorithm& algorithm) {
  constexpr int kNodes = 100;
  constexpr int kLarge = 5;
  std::vector<ContainerUsage> pods(kNodes);
  Wall now = SimulatedContainer::kBegin;
  for (int step = 0; step < 48 * 12; ++step) {
    now += 5min;
    for (int i = 0; i < kNodes; ++i) {
      pods[i].AddCpu({.at = now, .interval = 5min, .usage_cores = i < kLarge ? 1.5 : 0.05});
      pods[i].AddMemory({.at = now, .interval = 5min, .working_set = 100 * kMiB});
    }
  }
  std::vector<Instance> instances;
  for (int i = 0; i < kNodes; ++i) {
    instances.push_back(
        {.name = fmt::format("pod-{}", i), .node_class = i < kLarge ? "large" : "small", .usage = &pods[i]});
  }
  const WorkloadRecommendation answer = RecommendWorkload(algorithm, instances, {}, now);
  double short_pods = 0;
  double wasted = 0;
  for (const WorkloadGroup& group : answer.groups) {
    for (const std::size_t i : group.members) {
      const double need = i < kLarge ? 1500 : 50;
      short_pods += static_cast<double>(group.recommendation.cpu.target) < need;
      wasted += std::max(0.0, static_cast<double>(group.recommendation.cpu.target) - need);
    }
  }
  return {{"groups", static_cast<double>(answer.groups.size()), ""},
          {"pods_short", short_pods, ""},
          {"cores_wasted", wasted / 1000, "cores"}};
}

// From 500 MiB, 100 MiB more each day for two weeks; no limit.
Findings Leak(const Algorithm& algorithm) {
  SimulatedContainer container(algorithm, {.request = {.cpu = 200, .memory = 800 * kMiB}, .step = 5min});
  container.context().limit.memory = 3072 * kMiB;
  double day_named = std::numeric_limits<double>::infinity();
  double growth = 0;
  while (container.age() < 14 * kDay) {
    const double days = Seconds(container.age()) / 86'400;
    container.Live({.cores = 0.1, .bytes = (500 + 100 * days) * kMiBytes});
    if (container.age() % hours(24) == 0min) container.Resize();
    if (container.latest().memory.reason.cause != Cause::kLeak) continue;
    if (std::isinf(day_named)) day_named = days;
    growth = container.latest().memory.reason.growth_per_day / kMiBytes;
  }
  return {{"called_a_leak_on_day", day_named, "d"},
          {"growth_reported", growth, "MiB/d"},
          {"request_at_end", InMiB(container.request().memory), "MiB"}};
}

// A JVM takes 2000m for its first two minutes and 150m from then on; it starts anew each day.
Findings JvmStart(const Algorithm& algorithm) {
  SimulatedContainer container(algorithm, {.request = {.cpu = 500, .memory = 800 * kMiB}, .step = 10s});
  Duration started = container.age();
  container.usage().Started(container.now());
  while (container.age() < 7 * kDay) {
    if (container.age() - started >= kDay) {
      started = container.age();
      container.usage().Started(container.now());
    }
    const bool starting = container.age() - started < 2min;
    container.Live({.cores = starting ? 2.0 : 0.15, .bytes = 600 * kMiBytes});
    if (container.age() % hours(1) == 0s) container.Resize();
  }
  const Recommendation& latest = container.latest();
  return {{"request", static_cast<double>(container.request().cpu), "m"},
          {"boost", latest.boost.factor, "x"},
          {"boosted_request", latest.boost.factor * static_cast<double>(container.request().cpu), "m"},
          {"boost_for", Seconds(latest.boost.duration), "s"}};
}

// A container of 256 MiB suddenly needs `factor` times as much; it starts again at once after each kill.
Findings OomClimb(const Algorithm& algorithm, double factor) {
  const double need = 256 * kMiBytes * factor * 0.98;
  SimulatedContainer container(algorithm,
                               {.request = {.cpu = 200, .memory = 256 * kMiB}, .memory_limit = true});
  while (container.age() < 2 * kDay) container.Live({.cores = 0.1, .bytes = 150 * kMiBytes});
  const Duration begin = container.age();
  double minutes_to_stable = 0;
  double largest = 0;
  while (container.age() < begin + 7 * kDay) {
    container.Live({.cores = 0.1, .bytes = need});
    if (container.killed()) minutes_to_stable = Seconds(container.age() - begin) / 60;
    container.Resize();
    largest = std::max(largest, InMiB(container.request().memory));
  }
  return {{"kills", static_cast<double>(container.kills()), ""},
          {"minutes_to_stable", minutes_to_stable, "min"},
          {"largest_request", largest, "MiB"},
          {"request_after_a_week", InMiB(container.request().memory), "MiB"},
          {"need", need / kMiBytes, "MiB"}};
}

Findings OomClimb4(const Algorithm& algorithm) {
  return OomClimb(algorithm, 4);
}
Findings OomClimb16(const Algorithm& algorithm) {
  return OomClimb(algorithm, 16);
}

struct Scenario {
  std::string_view name;
  Findings (*play)(const Algorithm&);
};

constexpr std::array kScenarios = {
    Scenario{"throttled-10x", Throttled},
    Scenario{"office-hours", OfficeHours},
    Scenario{"weekly-memory-peak", WeeklyPeak},
    Scenario{"bad-replica", BadReplica},
    Scenario{"skewed-daemonset", SkewedDaemonSet},
    Scenario{"leak", Leak},
    Scenario{"jvm-start", JvmStart},
    Scenario{"oom-climb-4x", OomClimb4},
    Scenario{"oom-climb-16x", OomClimb16},
};

Findings FindingsOf(const LifeFigures& figures) {
  return {{"kills", static_cast<double>(figures.kills), ""},
          {"minutes_short", figures.minutes_short, "min"},
          {"memory_slack", 100 * figures.memory_slack, "%"},
          {"cpu_slack", 100 * figures.cpu_slack, "%"},
          {"changes_a_day", figures.changes_a_day, ""}};
}

}  // namespace

double ScenarioResult::Of(std::string_view what) const {
  const auto found = std::ranges::find(findings, what, &Finding::what);
  return found == findings.end() ? std::numeric_limits<double>::quiet_NaN() : found->value;
}

std::vector<std::string> ScenarioNames() {
  std::vector<std::string> names;
  for (const Scenario& scenario : kScenarios) names.emplace_back(scenario.name);
  for (const Life& life : Lives()) names.push_back(life.name);
  return names;
}

std::vector<std::string> ComparedIn(std::string_view scenario) {
  if (FindLife(scenario)) return {"loadline", "vpa", "krr"};
  return {"vpa", "loadline"};
}

Result<ScenarioResult> PlayScenario(std::string_view name, const Algorithm& algorithm, double knob) {
  if (const std::optional<Life> life = FindLife(name)) {
    return ScenarioResult{life->name, std::string(algorithm.name()),
                          FindingsOf(LiveThrough(*life, algorithm, knob)), life->excuse};
  }
  const auto scenario = std::ranges::find(kScenarios, name, &Scenario::name);
  if (scenario == kScenarios.end()) {
    return Failure(ErrorKind::kInvalid, fmt::format("unknown scenario '{}': there are {}, random-N, and all",
                                                    name, fmt::join(ScenarioNames(), ", ")));
  }
  return ScenarioResult{std::string(name), std::string(algorithm.name()), scenario->play(algorithm), {}};
}

}  // namespace loadline::collector
