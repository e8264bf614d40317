#include "collector/simulate/simulate.h"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "collector/simulate/report.h"
#include "schemas/base/printable.h"

namespace loadline::collector {
namespace {

constexpr int kWrongOptions = 2;

int Refuse(const std::string& what) {
  fmt::print(stderr, "simulate: {}\n", PrintableLines(what));
  return kWrongOptions;
}

Result<FaultScenario> ScenarioNamed(const std::string& name) {
  if (const BuiltInScenario* known = FindBuiltInScenario(name); known != nullptr)
    return ParseFaultScenario(known->yaml, known->name);
  Result<FaultScenario> read = ReadFaultScenario(name);
  const bool is_path = name.find_first_of("./") != std::string::npos;
  if (!read && !is_path)
    return Failure(ErrorKind::kNotFound, fmt::format("there is no scenario '{}': --list names them", name));
  return read;
}

Result<std::vector<FaultScenario>> ScenariosOf(const SimulateOptions& options) {
  std::vector<std::string> names;
  for (const std::string& name : options.scenarios) {
    if (name != "all") names.push_back(name);
    for (const BuiltInScenario& known : BuiltInScenarios()) {
      if (name == "all") names.push_back(known.name);
    }
  }
  std::vector<FaultScenario> scenarios;
  for (const std::string& name : names) {
    Result<FaultScenario> scenario = ScenarioNamed(name);
    if (!scenario) return Failure(scenario.error());
    // Else the fault is over before the others have seen it.
    if (options.beside) scenario->repair = {};
    scenarios.push_back(std::move(*scenario));
  }
  return scenarios;
}

int List() {
  for (const BuiltInScenario& known : BuiltInScenarios())
    fmt::print("{:<20} {}\n", known.name, known.yaml.substr(2, known.yaml.find('\n') - 2));
  return 0;
}

int Print(const std::string& name) {
  const BuiltInScenario* known = FindBuiltInScenario(name);
  if (known == nullptr) return Refuse(fmt::format("there is no scenario '{}': --list names them", name));
  fmt::print("{}", known->yaml);
  return 0;
}

// The only one: event by event.
PlayTally PlayOne(const FaultScenario& scenario, const SimulateOptions& options) {
  const PlayEnd end = Play(scenario, options.seed);
  fmt::print("{}", options.json ? ToJsonLines(end) : PrintableLines(TimelineOf(scenario, end)));
  PlayTally tally{.scenario = scenario.name};
  tally.Add(end);
  return tally;
}

std::string BesideOf(const PlayTally& tally, bool one) {
  return PrintableLines(fmt::format("{}{}", one ? "" : tally.scenario + "\n", ToTextBeside(tally)));
}

}  // namespace

void SetUpSimulate(CLI::App& command, SimulateOptions& options) {
  command
      .add_option("SCENARIO", options.scenarios,
                  "A file (YAML, docs/detection.md), or the name of one that comes with the program; all: "
                  "each of those")
      ->type_name("FILE|NAME");
  command.add_option("--seed", options.seed, "What chance does; the same seed does the same again")
      ->capture_default_str();
  command
      .add_option("--seeds", options.seeds,
                  "So many seeds from that one on: what came of all of them, instead of what happened when")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command.add_flag("--list", options.list, "Names the scenarios that come with the program, and exits");
  command.add_option("--print", options.print, "Prints one of them, and exits")->type_name("NAME");
  command.add_flag("--beside", options.beside,
                   "Beside it what others would say and when, while nobody repairs: detectors by heartbeats, "
                   "Kubernetes, the repairs of AKS and Karpenter");
  command.add_flag("--json", options.json, "One JSON object a line; the last one of a scenario is its sum");
}

int RunSimulate(const SimulateOptions& options) {
  if (options.list) return List();
  if (!options.print.empty()) return Print(options.print);
  if (options.scenarios.empty())
    return Refuse("which scenario? --list names those that come with the program");
  const auto scenarios = ScenariosOf(options);
  if (!scenarios) return Refuse(scenarios.error().message);
  const bool one = scenarios->size() == 1 && options.seeds == 1;
  std::vector<PlayTally> tallies;
  for (const FaultScenario& scenario : *scenarios) {
    tallies.push_back(one ? PlayOne(scenario, options) : PlayAll(scenario, options.seed, options.seeds));
    if (options.json) fmt::print("{}\n", ToJson(tallies.back()));
    if (options.beside)
      fmt::print("{}", options.json ? ToJsonBeside(tallies.back()) : BesideOf(tallies.back(), one));
    std::fflush(stdout);
  }
  if (!one && !options.json) {
    fmt::print("{}", PrintableLines(tallies.size() == 1 ? ToText(tallies.front()) : ToTable(tallies)));
  }
  bool broken = false;
  for (const PlayTally& tally : tallies) broken = broken || tally.broken > 0;
  return broken ? 1 : 0;
}

}  // namespace loadline::collector
