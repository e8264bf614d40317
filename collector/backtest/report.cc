#include "collector/backtest/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

namespace loadline::collector {
namespace {

using Field = std::optional<double> Figures::*;

std::optional<double> Mean(const std::vector<Figures>& series, Field field) {
  double sum = 0;
  int count = 0;
  for (const Figures& figures : series) {
    if (!(figures.*field)) continue;
    sum += *(figures.*field);
    ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / count;
}

std::string Percent(const std::optional<double>& share) {
  return share ? fmt::format("{:.2f}", *share * 100) : "-";
}

nlohmann::json OrNull(const std::optional<double>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json();
}

}  // namespace

SourceFigures Summarize(std::string source, std::string algorithm, const std::vector<Figures>& series) {
  SourceFigures row{.source = std::move(source), .algorithm = std::move(algorithm)};
  row.series = static_cast<std::size_t>(
      std::ranges::count_if(series, [](const Figures& f) { return f.changes_per_day.has_value(); }));
  for (const Field field : {&Figures::memory_slack, &Figures::oom_days, &Figures::cpu_slack,
                            &Figures::cpu_over, &Figures::changes_per_day}) {
    row.mean.*field = Mean(series, field);
  }
  return row;
}

std::string ToTable(const std::vector<SourceFigures>& rows) {
  std::string text =
      fmt::format("{:<20} {:<16} {:>6} {:>14} {:>11} {:>12} {:>11} {:>12}\n", "source", "algorithm", "series",
                  "memory slack %", "OOM days %", "CPU slack %", "CPU over %", "changes/day");
  for (const SourceFigures& row : rows) {
    fmt::format_to(std::back_inserter(text), "{:<20} {:<16} {:>6} {:>14} {:>11} {:>12} {:>11} {:>12}\n",
                   row.source, row.algorithm, row.series, Percent(row.mean.memory_slack),
                   Percent(row.mean.oom_days), Percent(row.mean.cpu_slack), Percent(row.mean.cpu_over),
                   row.mean.changes_per_day ? fmt::format("{:.3f}", *row.mean.changes_per_day) : "-");
  }
  return text;
}

std::string ToJson(const SourceFigures& row) {
  const nlohmann::ordered_json object = {{"source", row.source},
                                         {"algorithm", row.algorithm},
                                         {"series", row.series},
                                         {"memory_slack", OrNull(row.mean.memory_slack)},
                                         {"oom_days", OrNull(row.mean.oom_days)},
                                         {"cpu_slack", OrNull(row.mean.cpu_slack)},
                                         {"cpu_over", OrNull(row.mean.cpu_over)},
                                         {"changes_per_day", OrNull(row.mean.changes_per_day)}};
  return object.dump();
}

std::string ToTable(const std::vector<FoldFigures>& rows) {
  std::string text = fmt::format("{:<20} {:<8} {:>6} {:>9} {:>11} {:>21} {:>21}\n", "source", "resource",
                                 "series", "ahead %", "default %", "slack, kept back", "risk, kept back");
  const auto points = [](const Interval& interval) {
    return fmt::format("{:+.2f} to {:+.2f}", 100 * interval.lowest, 100 * interval.highest);
  };
  for (const FoldFigures& row : rows) {
    text += fmt::format("{:<20} {:<8} {:>6} {:>9.1f} {:>11.1f} {:>21} {:>21}\n", row.source,
                        Name(row.resource), row.series, 100 * row.ahead, 100 * row.default_ahead,
                        points(row.slack), points(row.risk));
  }
  return text;
}

std::string ToJsonLines(const std::vector<FoldFigures>& rows) {
  std::string text;
  for (const FoldFigures& row : rows) {
    const nlohmann::ordered_json object = {{"source", row.source},
                                           {"resource", Name(row.resource)},
                                           {"series", row.series},
                                           {"ahead", row.ahead},
                                           {"default_ahead", row.default_ahead},
                                           {"slack_lowest", row.slack.lowest},
                                           {"slack_highest", row.slack.highest},
                                           {"risk_lowest", row.risk.lowest},
                                           {"risk_highest", row.risk.highest}};
    text += object.dump() + "\n";
  }
  return text;
}

std::string ToTable(const std::vector<ScenarioResult>& results) {
  std::string text = fmt::format("{:<34}", results.front().scenario);
  for (const ScenarioResult& result : results) text += fmt::format(" {:>14}", result.algorithm);
  text += "\n";
  for (const Finding& finding : results.front().findings) {
    const std::string unit = finding.unit.empty() ? "" : " (" + finding.unit + ")";
    text += fmt::format("  {:<32}", finding.what + unit);
    for (const ScenarioResult& result : results) {
      const double value = result.Of(finding.what);
      text += std::isfinite(value) ? fmt::format(" {:>14}", std::round(value * 100) / 100)
                                   : fmt::format(" {:>14}", "never");
    }
    text += "\n";
  }
  if (!results.front().excuse.empty()) text += fmt::format("  {}\n", results.front().excuse);
  return text;
}

std::string ToJsonLines(const std::vector<ScenarioResult>& results) {
  std::string text;
  for (const ScenarioResult& result : results) {
    nlohmann::ordered_json object = {{"scenario", result.scenario}, {"algorithm", result.algorithm}};
    for (const Finding& finding : result.findings) {
      object[finding.what] = std::isfinite(finding.value) ? nlohmann::ordered_json(finding.value) : nullptr;
    }
    text += object.dump() + "\n";
  }
  return text;
}

}  // namespace loadline::collector
