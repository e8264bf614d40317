// How sure it is that ours is ahead of upstream on a source: by series kept back, and by drawing series anew.
//
// At upstream's risk means: with the knob that has the least slack among those that exceed no more than upstream does.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collector/advice/recommendation.h"
#include "collector/backtest/replay.h"

namespace loadline::collector {

// What one resource of one series came to.
struct SlackAndRisk {
  double slack = 0;
  double risk = 0;  // memory: OOM days; CPU: samples over the request
};

struct SeriesCurve {
  std::vector<SlackAndRisk> ours;  // by knob, as in Knobs()
  SlackAndRisk upstream;
};

// From thrifty to safe, the default among them.
const std::vector<double>& Knobs();
std::size_t DefaultKnob();

// Absent where the series does not have that resource.
std::optional<SlackAndRisk> Of(const Figures& figures, Resource resource);

// The lowest and highest over folds.
struct Interval {
  double lowest = 0;
  double highest = 0;
};

struct FoldFigures {
  std::string source;
  Resource resource = Resource::kCpu;
  std::size_t series = 0;
  // Shares of the draws (as many series as there are, with replacement): with less slack at upstream's risk, and with
  // the default at less slack and no more risk.
  double ahead = 0;
  double default_ahead = 0;
  // Ours less upstream's on each fold that was kept back, with the knob that was right for the others.
  Interval slack;
  Interval risk;
};

// `folds` is at least 2, and there are at least as many series. The same series give the same figures.
FoldFigures JudgeFolds(const std::vector<SeriesCurve>& series, int folds);

}  // namespace loadline::collector
