#include "collector/backtest/folds.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace loadline::collector {
namespace {

constexpr int kDraws = 2000;

// Sums over some of the series; as they are only compared with each other, means would say the same.
struct Sums {
  std::vector<SlackAndRisk> ours = std::vector<SlackAndRisk>(Knobs().size());
  SlackAndRisk upstream;
  int count = 0;

  void Add(const SeriesCurve& curve) {
    for (std::size_t knob = 0; knob < ours.size(); ++knob) {
      ours[knob].slack += curve.ours[knob].slack;
      ours[knob].risk += curve.ours[knob].risk;
    }
    upstream.slack += curve.upstream.slack;
    upstream.risk += curve.upstream.risk;
    ++count;
  }

  // The knob at upstream's risk. None is safe enough: the safest.
  [[nodiscard]] std::size_t Knob() const {
    std::size_t chosen = ours.size() - 1;
    for (std::size_t knob = 0; knob < ours.size(); ++knob) {
      if (ours[knob].risk <= upstream.risk && ours[knob].slack < ours[chosen].slack) chosen = knob;
    }
    return chosen;
  }

  [[nodiscard]] bool IsAhead(std::size_t knob) const {
    return ours[knob].slack < upstream.slack && ours[knob].risk <= upstream.risk;
  }
};

void Widen(Interval& interval, double value, bool first) {
  interval.lowest = first ? value : std::min(interval.lowest, value);
  interval.highest = first ? value : std::max(interval.highest, value);
}

// Every so many-th series is of one fold.
bool IsOf(std::size_t series, int fold, int folds) {
  return series % static_cast<std::size_t>(folds) == static_cast<std::size_t>(fold);
}

void KeepBack(const std::vector<SeriesCurve>& series, int folds, FoldFigures& figures) {
  for (int fold = 0; fold < folds; ++fold) {
    Sums kept_back, others;
    for (std::size_t i = 0; i < series.size(); ++i)
      (IsOf(i, fold, folds) ? kept_back : others).Add(series[i]);
    const SlackAndRisk& ours = kept_back.ours[others.Knob()];
    Widen(figures.slack, (ours.slack - kept_back.upstream.slack) / kept_back.count, fold == 0);
    Widen(figures.risk, (ours.risk - kept_back.upstream.risk) / kept_back.count, fold == 0);
  }
}

void Draw(const std::vector<SeriesCurve>& series, FoldFigures& figures) {
  std::mt19937 random;  // the same each time
  int ahead = 0;
  int default_ahead = 0;
  for (int draw = 0; draw < kDraws; ++draw) {
    Sums drawn;
    for (std::size_t i = 0; i < series.size(); ++i) drawn.Add(series[random() % series.size()]);
    ahead += drawn.IsAhead(drawn.Knob()) ? 1 : 0;
    default_ahead += drawn.IsAhead(DefaultKnob()) ? 1 : 0;
  }
  figures.ahead = static_cast<double>(ahead) / kDraws;
  figures.default_ahead = static_cast<double>(default_ahead) / kDraws;
}

}  // namespace

const std::vector<double>& Knobs() {
  // Close together where sources come to upstream's risk; whole hundredths, so that the default is among them.
  static const std::vector<double> kKnobs = [] {
    std::vector<double> knobs = {0.25, 0.3, 0.35};
    for (int hundredths = 38; hundredths <= 62; ++hundredths) knobs.push_back(hundredths / 100.0);
    knobs.insert(knobs.end(), {0.65, 0.7, 0.8});
    return knobs;
  }();
  return kKnobs;
}

std::size_t DefaultKnob() {
  return static_cast<std::size_t>(std::ranges::find(Knobs(), Context{}.knob) - Knobs().begin());
}

std::optional<SlackAndRisk> Of(const Figures& figures, Resource resource) {
  const bool is_cpu = resource == Resource::kCpu;
  const std::optional<double>& slack = is_cpu ? figures.cpu_slack : figures.memory_slack;
  const std::optional<double>& risk = is_cpu ? figures.cpu_over : figures.oom_days;
  if (!slack || !risk) return std::nullopt;
  return SlackAndRisk{*slack, *risk};
}

FoldFigures JudgeFolds(const std::vector<SeriesCurve>& series, int folds) {
  FoldFigures figures{.series = series.size()};
  KeepBack(series, folds, figures);
  Draw(series, figures);
  return figures;
}

}  // namespace loadline::collector
