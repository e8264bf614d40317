#include "collector/simulate/scenario.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "collector/alert_file/prometheus_duration.h"
#include "collector/alert_file/yaml_reader.h"
#include "schemas/base/text_file.h"

namespace loadline::collector {
namespace {

constexpr std::size_t kMostNodes = 20'000;
constexpr double kLongest = 30 * 86'400.0;

std::vector<std::string_view> FaultNames() {
  std::vector<std::string_view> names;
  for (std::size_t kind = 0; kind < kFaultKinds; ++kind)
    names.push_back(TraitsOf(static_cast<FaultKind>(kind)).name);
  return names;
}

// ---- single values

double SecondsOf(YamlMap& map, const std::string& key, double otherwise, double most = kLongest) {
  if (!map.Has(key)) return otherwise;
  const double seconds = Seconds(Expect(ParsePrometheusDuration(map.Text(key)), map, key));
  if (seconds > most) map.Fail(key, fmt::format("at most {:.0f} s", most));
  return seconds;
}

template <typename Number>
Number NumberOf(YamlMap& map, const std::string& key, Number otherwise, Number least, Number most) {
  if (!map.Has(key)) return otherwise;
  const std::string text = map.Text(key);
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool read = error == std::errc() && end == text.data() + text.size();
  if (!read || !(number >= least && number <= most))
    map.Fail(key, fmt::format("expected a number from {} to {}, and not '{}'", least, most, text));
  return number;
}

double ReadShare(YamlMap& map, const std::string& key, double otherwise) {
  return NumberOf(map, key, otherwise, 0.0, 1.0);
}

template <typename Value, std::size_t N>
Value NamedOf(YamlMap& map, const std::string& key, const std::array<Value, N>& values) {
  const std::string text = map.Text(key);
  std::vector<std::string> names;
  for (const Value value : values) {
    if (text == Name(value)) return value;
    names.emplace_back(Name(value));
  }
  map.Fail(key, fmt::format("there is no '{}': {}", text, fmt::join(names, ", ")));
}

// ---- parts

PoolPlan PoolOf(const YAML::Node& node) {
  YamlMap map(node, "pool");
  PoolPlan pool{.name = map.Text("name"),
                .nodes = NumberOf<std::size_t>(map, "nodes", 0, 1, kMostNodes),
                .zones = NumberOf<std::size_t>(map, "zones", 0, 1, 100)};
  if (pool.name.empty()) map.Fail("name", "needed");
  if (pool.nodes == 0) map.Fail("nodes", "needed");
  map.Finish();
  return pool;
}

void ReadRepair(YamlMap map, FaultScenario& scenario) {
  constexpr std::array kModes = {RepairMode::kOff, RepairMode::kDryRun, RepairMode::kAsk, RepairMode::kAuto};
  RepairOptions& repair = scenario.repair;
  RepairLimits& limits = repair.limits;
  if (map.Has("mode")) repair.mode = NamedOf(map, "mode", kModes);
  scenario.unanswered_is_gone = map.Flag("unanswered_is_gone", false);
  scenario.ask_leases = map.Flag("ask_leases", false);
  scenario.ask_neighbours = map.Flag("ask_neighbours", true);
  const auto period = [&map](const char* key, Duration& value) {
    value = std::chrono::duration_cast<Duration>(
        std::chrono::duration<double>(SecondsOf(map, key, Seconds(value))));
  };
  period("look_on", limits.settle);
  period("well_for", limits.well_for);
  limits.cluster.in_flight = NumberOf(map, "max_in_flight", limits.cluster.in_flight, 1, 1000);
  limits.cluster.starts = limits.cluster.in_flight;
  const double unfit = ReadShare(map, "max_unfit", limits.cluster.unfit_share);
  for (ScopeLimits* scope : {&limits.pool, &limits.zone, &limits.cluster}) scope->unfit_share = unfit;
  map.Finish();
}

FaultTargets TargetsOf(YamlMap& map) {
  constexpr std::array kKeys = {"node", "pool", "zone", "share", "nodes"};
  if (std::ranges::count_if(kKeys, [&](const char* key) { return map.Has(key); }) > 1)
    map.Fail("one of node, nodes, pool, zone and share says whom it befalls");
  return {.node = map.Text("node"),
          .pool = map.Text("pool"),
          .zone = map.Text("zone"),
          .share = ReadShare(map, "share", 0),
          .nodes = NumberOf<std::size_t>(map, "nodes", 1, 1, kMostNodes)};
}

FaultPlan FaultOf(const YAML::Node& node) {
  YamlMap map(node, "fault");
  const std::string name = map.Text("kind");
  const std::optional<FaultKind> kind = FaultNamed(name);
  if (!kind)
    map.Fail("kind", fmt::format("there is no '{}'; there are {}", name, fmt::join(FaultNames(), ", ")));
  FaultPlan fault{.kind = *kind};
  fault.at = SecondsOf(map, "at", 0);
  fault.lasts = SecondsOf(map, "lasts", kNever);
  fault.targets = TargetsOf(map);
  if (*kind == FaultKind::kLineLossy) fault.loss = ReadShare(map, "loss", fault.loss);
  if (*kind == FaultKind::kAgentStarved) fault.late = SecondsOf(map, "late", fault.late, 60);
  if (*kind == FaultKind::kCollectorClockSet) fault.by = NumberOf(map, "by", fault.by, -kLongest, kLongest);
  map.Finish();
  return fault;
}

// ---- the whole

std::vector<std::string> NodesOf(const FaultScenario& scenario, const FaultTargets& targets) {
  std::vector<std::string> names;
  for (const PoolPlan& pool : scenario.pools) {
    for (std::size_t i = 0; i < pool.nodes; ++i) {
      const std::string zone = pool.zones > 0 ? fmt::format("zone-{}", i % pool.zones + 1) : "";
      const std::string name = fmt::format("{}-{}", pool.name, i);
      if (name == targets.node || pool.name == targets.pool || (!zone.empty() && zone == targets.zone))
        names.push_back(name);
    }
  }
  return names;
}

std::size_t CountOf(const FaultScenario& scenario) {
  std::size_t nodes = 0;
  for (const PoolPlan& pool : scenario.pools) nodes += pool.nodes;
  return nodes;
}

void CheckTargets(const FaultScenario& scenario, const YAML::Node& node, const FaultPlan& fault) {
  const YamlMap map(node, "fault");
  const FaultTargets& targets = fault.targets;
  for (const auto& [key, value] :
       {std::pair("node", targets.node), std::pair("pool", targets.pool), std::pair("zone", targets.zone)}) {
    if (!value.empty() && NodesOf(scenario, targets).empty())
      map.Fail(key, fmt::format("there is no '{}'", value));
  }
  if (targets.nodes > CountOf(scenario)) map.Fail("nodes", "there are not so many");
  if (fault.at >= scenario.last) map.Fail("at", "then the simulation is over");
}

FaultScenario ScenarioOf(const YAML::Node& root, const std::string& name) {
  YamlMap map(root, "scenario");
  FaultScenario scenario{.name = name};
  for (const YAML::Node& pool : map.List("pools")) scenario.pools.push_back(PoolOf(pool));
  if (scenario.pools.empty()) map.Fail("pools", "needed");
  for (const PoolPlan& pool : scenario.pools) {
    if (std::ranges::count(scenario.pools, pool.name, &PoolPlan::name) > 1)
      map.Fail("pools", fmt::format("'{}' stands in them twice", pool.name));
  }
  if (CountOf(scenario) > kMostNodes) map.Fail("pools", fmt::format("at most {} nodes", kMostNodes));
  scenario.last = SecondsOf(map, "last", scenario.last);
  YamlMap line(map.Take("line"), "line");
  scenario.loss = ReadShare(line, "loss", 0);
  scenario.jitter = SecondsOf(line, "jitter", 0, 60);
  line.Finish();
  ReadRepair(YamlMap(map.Take("repair"), "repair"), scenario);
  for (const YAML::Node& node : map.List("faults")) {
    scenario.faults.push_back(FaultOf(node));
    CheckTargets(scenario, node, scenario.faults.back());
  }
  map.Finish();
  return scenario;
}

}  // namespace

Result<FaultScenario> ParseFaultScenario(const std::string& yaml, const std::string& name) {
  try {
    return ScenarioOf(YAML::Load(yaml), name);
  } catch (const ConfigFault& fault) {
    return Failure(ErrorKind::kInvalid, fmt::format("{}: line {}: {}", name, fault.line, fault.words));
  } catch (const YAML::Exception& error) {
    return Failure(ErrorKind::kInvalid, fmt::format("{}: line {}: {}", name, error.mark.line + 1, error.msg));
  }
}

Result<FaultScenario> ReadFaultScenario(const std::string& path) {
  const auto text = ReadTextFile(path, kLongestTextFile, "scenario");
  if (!text) return Failure(text.error());
  return ParseFaultScenario(*text, path);
}

const BuiltInScenario* FindBuiltInScenario(const std::string& name) {
  const auto found = std::ranges::find(BuiltInScenarios(), name, &BuiltInScenario::name);
  return found != BuiltInScenarios().end() ? &*found : nullptr;
}

}  // namespace loadline::collector
