#include "collector/backtest/backtest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "collector/backtest/folds.h"
#include "collector/backtest/progress.h"
#include "collector/backtest/replay.h"
#include "collector/backtest/report.h"
#include "collector/backtest/scenario.h"
#include "collector/backtest/trace.h"
#include "schemas/base/printable.h"

namespace loadline::collector {
namespace {

using std::chrono::hours;

constexpr int kWrongOptions = 2;
constexpr Duration kShortSource = 2 * hours(24);

using Algorithms = std::vector<std::unique_ptr<Algorithm>>;

Result<Algorithms> MakeAlgorithms(std::vector<std::string> specs) {
  if (specs.empty()) specs = {"loadline", "vpa", "krr", "max:7:0.15"};
  Algorithms algorithms;
  for (const std::string& spec : specs) {
    auto algorithm = MakeAlgorithm(spec);
    if (!algorithm) return Failure(algorithm.error());
    algorithms.push_back(std::move(*algorithm));
  }
  return algorithms;
}

// "24h", "10m"; absent when empty.
Result<std::optional<Duration>> ParsePeriod(const std::string& option, const std::string& text) {
  if (text.empty()) return std::nullopt;
  const bool minutes = text.ends_with('m');
  char* end = nullptr;
  const long value = std::strtol(text.c_str(), &end, 10);
  if (value <= 0 || end + 1 != text.c_str() + text.size() || (!minutes && *end != 'h')) {
    return Failure(ErrorKind::kInvalid,
                   fmt::format("{} '{}': expected hours or minutes, as in 24h or 10m", option, text));
  }
  return minutes ? Duration(std::chrono::minutes(value)) : Duration(hours(value));
}

Duration Longest(const std::vector<Trace>& series) {
  double seconds = 0;
  for (const Trace& trace : series) {
    if (!trace.points.empty()) seconds = std::max(seconds, trace.points.back().seconds);
  }
  return std::chrono::seconds(static_cast<std::int64_t>(seconds));
}

struct Job {
  std::string source;
  std::vector<Trace> series;
};

Result<std::vector<Job>> ReadJobs(const BacktestOptions& options) {
  std::vector<std::string> sources = options.sources;
  if (sources.empty()) {
    auto all = ListSources(options.traces);
    if (!all) return Failure(all.error());
    sources = std::move(*all);
  }
  std::vector<Job> jobs;
  for (const std::string& source : sources) {
    auto series = ReadSource(options.traces, source);
    if (!series) return Failure(series.error());
    if (options.memory == "max6h") std::ranges::for_each(*series, HoldMemoryForSixHours);
    jobs.push_back({source, std::move(*series)});
  }
  return jobs;
}

// Of the options, those that are the same for each source.
struct Periods {
  std::optional<Duration> cadence;
  std::optional<Duration> warmup;
};

Result<Periods> ParsePeriods(const BacktestOptions& options) {
  const auto cadence = ParsePeriod("--cadence", options.cadence);
  if (!cadence) return Failure(cadence.error());
  const auto warmup = ParsePeriod("--warmup", options.warmup);
  if (!warmup) return Failure(warmup.error());
  return Periods{*cadence, *warmup};
}

ReplayOptions ReplayOf(const Job& job, const Periods& periods, const BacktestOptions& options) {
  const Duration usual = Longest(job.series) < kShortSource ? hours(6) : hours(24);
  return {.warmup = periods.warmup.value_or(usual),
          .cadence = periods.cadence.value_or(usual),
          .floors = options.floors == "on",
          .censored = options.censored,
          .knob = options.knob};
}

Result<std::vector<SourceFigures>> ReplayAll(const BacktestOptions& options) {
  const auto algorithms = MakeAlgorithms(options.algorithms);
  if (!algorithms) return Failure(algorithms.error());
  const auto periods = ParsePeriods(options);
  if (!periods) return Failure(periods.error());
  const auto jobs = ReadJobs(options);
  if (!jobs) return Failure(jobs.error());

  std::size_t steps = 0;
  for (const Job& job : *jobs) steps += job.series.size() * algorithms->size();
  Progress progress(steps);
  std::vector<SourceFigures> rows;
  for (const Job& job : *jobs) {
    const ReplayOptions replay = ReplayOf(job, *periods, options);
    for (const auto& algorithm : *algorithms) {
      std::vector<Figures> figures;
      for (const Trace& trace : job.series) {
        figures.push_back(Replay(trace, *algorithm, replay));
        progress.Step(fmt::format("{} {}", job.source, algorithm->name()));
      }
      rows.push_back(Summarize(job.source, std::string(algorithm->name()), figures));
    }
  }
  return rows;
}

// One series by each knob, and as upstream would have sized it: CPU and memory, where it has them.
void AddCurves(const Trace& trace, ReplayOptions replay, std::vector<SeriesCurve>& cpu,
               std::vector<SeriesCurve>& memory) {
  static const std::unique_ptr<Algorithm> kOurs = *MakeAlgorithm("loadline");
  static const std::unique_ptr<Algorithm> kUpstream = *MakeAlgorithm("vpa");
  const Figures upstream = Replay(trace, *kUpstream, replay);
  std::vector<Figures> ours;
  for (const double knob : Knobs()) {
    replay.knob = knob;
    ours.push_back(Replay(trace, *kOurs, replay));
  }
  for (const Resource resource : {Resource::kCpu, Resource::kMemory}) {
    const auto theirs = Of(upstream, resource);
    if (!theirs) continue;
    SeriesCurve curve{.upstream = *theirs};
    for (const Figures& figures : ours) curve.ours.push_back(Of(figures, resource).value_or(SlackAndRisk{}));
    (resource == Resource::kCpu ? cpu : memory).push_back(std::move(curve));
  }
}

// Sources with fewer series than folds are left out.
Result<std::vector<FoldFigures>> JudgeAll(const BacktestOptions& options) {
  const auto periods = ParsePeriods(options);
  if (!periods) return Failure(periods.error());
  const auto jobs = ReadJobs(options);
  if (!jobs) return Failure(jobs.error());
  std::size_t steps = 0;
  for (const Job& job : *jobs) steps += job.series.size();
  Progress progress(steps);
  std::vector<FoldFigures> rows;
  for (const Job& job : *jobs) {
    std::vector<SeriesCurve> cpu, memory;
    for (const Trace& trace : job.series) {
      AddCurves(trace, ReplayOf(job, *periods, options), cpu, memory);
      progress.Step(job.source);
    }
    for (const Resource resource : {Resource::kCpu, Resource::kMemory}) {
      const std::vector<SeriesCurve>& series = resource == Resource::kCpu ? cpu : memory;
      if (series.size() < static_cast<std::size_t>(options.folds)) continue;
      rows.push_back(JudgeFolds(series, options.folds));
      rows.back().source = job.source;
      rows.back().resource = resource;
    }
  }
  return rows;
}

int Complain(const std::string& what) {
  fmt::print(stderr, "backtest: {}\n", PrintableLines(what));
  return kWrongOptions;
}

int PrintFolds(const BacktestOptions& options) {
  const auto rows = JudgeAll(options);
  if (!rows) return Complain(rows.error().message);
  fmt::print("{}", options.json ? ToJsonLines(*rows) : PrintableLines(ToTable(*rows)));
  return 0;
}

int PlayScenarios(const BacktestOptions& options) {
  std::vector<std::string> names = {options.scenario};
  if (options.scenario == "all") names = ScenarioNames();
  for (const std::string& name : names) {
    const auto algorithms =
        MakeAlgorithms(options.algorithms.empty() ? ComparedIn(name) : options.algorithms);
    if (!algorithms) return Complain(algorithms.error().message);
    std::vector<ScenarioResult> results;
    for (const auto& algorithm : *algorithms) {
      auto result = PlayScenario(name, *algorithm, options.knob);
      if (!result) return Complain(result.error().message);
      results.push_back(std::move(*result));
    }
    fmt::print("{}", options.json ? ToJsonLines(results) : ToTable(results));
  }
  return 0;
}

}  // namespace

void SetUpBacktest(CLI::App& command, BacktestOptions& options) {
  command.add_option("--traces", options.traces, "Folder with one folder of recorded usage a source");
  command.add_option("--scenario", options.scenario,
                     fmt::format("Plays a scripted container instead: {}, all, or random-N (a life put "
                                 "together by chance, by its number)",
                                 fmt::join(ScenarioNames(), ", ")));
  command.add_option(
      "--algorithm", options.algorithms,
      "Algorithm to replay: loadline, vpa, krr, autopilot, autopilot-ml or max:<days>:<margin>; "
      "may be given again");
  command.add_option("--source", options.sources, "Source to replay; may be given again. All when absent");
  command.add_option("--cadence", options.cadence, "How often the request is set: 24h, 1h, 10m");
  command.add_option("--warmup", options.warmup, "History before the first request: 24h");
  command.add_option("--memory", options.memory, "raw, or max6h: the largest of the last six hours")
      ->check(CLI::IsMember({"raw", "max6h"}))
      ->capture_default_str();
  command.add_option("--floors", options.floors, "Whether the algorithms' smallest requests apply")
      ->check(CLI::IsMember({"on", "off"}))
      ->capture_default_str();
  command.add_flag("--censored", options.censored, "Usage is clipped at the request, as a kill would");
  command
      .add_option("--knob", options.knob,
                  "What exceeding a request costs, from thrifty (0) to safe (1); loadline only")
      ->transform(CLI::Transformer(std::map<std::string, double>{{"thrifty", 0}, {"safe", 1}})
                      .description("thrifty..safe"))
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command
      .add_option("--folds", options.folds,
                  "Instead of figures, how sure it is that loadline is ahead of vpa: by this many folds of "
                  "the series, "
                  "each kept back in its turn, and by drawing series anew")
      ->check(CLI::Range(2, 20));
  command.add_flag("--json", options.json, "One JSON object a line");
}

int RunBacktest(const BacktestOptions& options) {
  if (!options.scenario.empty()) return PlayScenarios(options);
  if (options.traces.empty()) return Complain("--traces or --scenario is required");
  if (options.folds > 0) return PrintFolds(options);
  const auto rows = ReplayAll(options);
  if (!rows) return Complain(rows.error().message);
  if (options.json) {
    for (const SourceFigures& row : *rows) fmt::print("{}\n", ToJson(row));
  } else {
    fmt::print("{}", PrintableLines(ToTable(*rows)));
  }
  return 0;
}

}  // namespace loadline::collector
