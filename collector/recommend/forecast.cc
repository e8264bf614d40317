#include "collector/recommend/forecast.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace loadline::collector {
namespace {

constexpr double kBinWidth = M_LN2 / Forecast::kPerOctave;
// However small the amount, exceeding it is not worth more than this many times the usual.
constexpr double kMostGenerous = 40;
constexpr double kPriceOfNothing = 2;
constexpr int kHeadroom =
    5 * Forecast::kPerOctave / 2;  // two and a half octaves above the highest: more than fivefold

// Ends of bins relative to the lowest value, and one over them: the grid of every forecast, worked out once.
struct Grid {
  std::vector<double> ends;
  std::vector<double> inverse;

  Grid() {
    for (int bin = 0; bin < 64 * Forecast::kPerOctave; ++bin) {
      ends.push_back(std::exp(bin * kBinWidth));
      inverse.push_back(1 / ends.back());
    }
  }
};

const Grid& TheGrid() {
  static const Grid kGrid;
  return kGrid;
}

}  // namespace

Forecast::Forecast(double lowest, double highest) : lowest_(lowest) {
  assert(lowest > 0 && lowest <= highest);
  const int span = static_cast<int>(std::ceil(std::log(highest / lowest) / kBinWidth));
  mass_.resize(static_cast<std::size_t>(std::min(span + kHeadroom, static_cast<int>(TheGrid().ends.size()))));
}

// The bin whose end is nearest.
int Forecast::BinOf(double value) const {
  if (value <= lowest_) return 0;
  const int bin = static_cast<int>(std::lround(std::log(value / lowest_) / kBinWidth));
  return std::min(bin, static_cast<int>(mass_.size()) - 1);
}

void Forecast::Add(double value, double weight) {
  mass_[static_cast<std::size_t>(BinOf(value))] += weight;
}

void Forecast::Finish(const Spread& spread) {
  // A two-sided exponential is one exponential running up and one running down: linear in the size of the
  // grid.
  std::array<double, Spread::kScales> keep{}, unit{}, up{}, down{};
  for (std::size_t scale = 0; scale < Spread::kScales; ++scale) {
    keep[scale] = std::exp(-kBinWidth / spread.scales[scale]);
    unit[scale] = spread.weights[scale] * (1 - keep[scale]) / (1 + keep[scale]);
  }
  // Both in one loop, from both ends: each waits for its own last sum, and neither for the other's.
  std::vector<double> spread_mass(mass_.size());
  for (std::size_t i = 0, j = mass_.size() - 1; i < mass_.size(); ++i, --j) {
    double sum_up = spread.exact * mass_[i];
    double sum_down = 0;
#pragma GCC unroll 4
    for (std::size_t scale = 0; scale < Spread::kScales; ++scale) {
      up[scale] = up[scale] * keep[scale] + mass_[i];
      sum_up += unit[scale] * up[scale];
      sum_down += unit[scale] * down[scale];
      down[scale] = (down[scale] + mass_[j]) * keep[scale];
    }
    spread_mass[i] += sum_up;
    spread_mass[j] += sum_down;
  }
  mass_ = std::move(spread_mass);
  Accumulate();
}

void Forecast::Accumulate() {
  double total = zero_;
  for (const double mass : mass_) total += mass;
  if (total <= 0) total = 1;
  zero_ /= total;
  double share = zero_;
  double mean = 0;
  const Grid& grid = TheGrid();
  const double scale = 1 / total;
  below_.resize(mass_.size());
  mean_below_.resize(mass_.size());
  for (std::size_t i = 0; i < mass_.size(); ++i) {
    const double mass = mass_[i] * scale;
    share += mass;
    mean += mass * lowest_ * grid.ends[i];
    below_[i] = share;
    mean_below_[i] = mean;
  }
}

Forecast::Odds Forecast::OddsOf(std::size_t bin, double inverse, const Price& price) const {
  const double above = std::max(0.0, 1 - below_[bin]);
  const double unused = price.usual > 0 ? std::max(0.0, 1 - price.usual * inverse)
                                        : std::max(0.0, below_[bin] - mean_below_[bin] * inverse);
  return {.unused = unused,
          .above = above,
          .penalty = (1 + std::min(kMostGenerous, price.small * inverse)) * above};
}

// Asking for nothing wastes nothing; all that was not zero exceeds it.
Forecast::Choice Forecast::Nothing(double lambda) const {
  return {.amount = 0, .cost = kPriceOfNothing * lambda * (1 - zero_), .risk = 1 - zero_};
}

void Forecast::Cheapest(const Price& price, std::span<const double> lambdas,
                        std::span<Choice> choices) const {
  assert(lambdas.size() == choices.size());
  const bool nothing_will_do = zero_ > 0 && price.usual == 0;
  for (std::size_t k = 0; k < lambdas.size(); ++k) {
    choices[k] = nothing_will_do ? Nothing(lambdas[k]) : Choice{.cost = HUGE_VAL};
  }
  const double inverse_lowest = 1 / lowest_;
  const Grid& grid = TheGrid();
  for (std::size_t bin = 0; bin < mass_.size(); ++bin) {
    const Odds odds = OddsOf(bin, inverse_lowest * grid.inverse[bin], price);
    for (std::size_t k = 0; k < lambdas.size(); ++k) {
      const double cost = odds.unused + lambdas[k] * odds.penalty;
      if (cost < choices[k].cost) choices[k] = {lowest_ * grid.ends[bin], cost, odds.above};
    }
  }
}

Forecast::Choice Forecast::At(double amount, const Price& price) const {
  if (amount <= 0) return Nothing(price.lambda);
  const int bin = amount < lowest_ ? 0 : BinOf(amount);
  const Odds odds = OddsOf(static_cast<std::size_t>(bin), 1 / amount, price);
  return {.amount = amount, .cost = odds.unused + price.lambda * odds.penalty, .risk = odds.above};
}

}  // namespace loadline::collector
