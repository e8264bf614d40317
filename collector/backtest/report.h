// What a backtest prints: a table for people, or one JSON object a line.
#pragma once

#include <string>
#include <vector>

#include "collector/backtest/folds.h"
#include "collector/backtest/replay.h"
#include "collector/backtest/scenario.h"

namespace loadline::collector {

// One source against one algorithm: the means over its series of what each series gave.
struct SourceFigures {
  std::string source;
  std::string algorithm;
  std::size_t series = 0;  // those long enough to be judged
  Figures mean{};
};

// Means over the series that have each figure.
SourceFigures Summarize(std::string source, std::string algorithm, const std::vector<Figures>& series);

// The table, with its head.
std::string ToTable(const std::vector<SourceFigures>& rows);

// {"source", "algorithm", "series", "memory_slack", "oom_days", "cpu_slack", "cpu_over", "changes_per_day"};
// null where nothing was measured. Without a line end.
std::string ToJson(const SourceFigures& row);

// How sure it is, source by source.
std::string ToTable(const std::vector<FoldFigures>& rows);
// {"source", "resource", "series", "ahead", "default_ahead", "slack_lowest", "slack_highest", "risk_lowest",
// "risk_highest"} a line; fractions.
std::string ToJsonLines(const std::vector<FoldFigures>& rows);

// One scenario, its algorithms side by side. `results` is not empty.
std::string ToTable(const std::vector<ScenarioResult>& results);
// {"scenario", "algorithm", and one member a finding} a line; null for what never came.
std::string ToJsonLines(const std::vector<ScenarioResult>& results);

}  // namespace loadline::collector
