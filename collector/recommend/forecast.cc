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

// Ends of bins relative to the lowest value: the grid of every forecast, worked out once.
const std::vector<double>& Powers() {
  static const std::vector<double> kPowers = [] {
    std::vector<double> powers;
    for (int bin = 0; bin < 64 * Forecast::kPerOctave; ++bin) powers.push_back(std::exp(bin * kBinWidth));
    return powers;
  }();
  return kPowers;
}

}  // namespace

Forecast::Forecast(double lowest, double highest) : lowest_(lowest) {
  assert(lowest > 0 && lowest <= highest);
  const int span = static_cast<int>(std::ceil(std::log(highest / lowest) / kBinWidth));
  mass_.resize(static_cast<std::size_t>(std::min(span + kHeadroom, static_cast<int>(Powers().size()))));
}

// The bin whose end is nearest.
int Forecast::BinOf(double value) const {
  if (value <= lowest_) return 0;
  const int bin = static_cast<int>(std::lround(std::log(value / lowest_) / kBinWidth));
  return std::min(bin, static_cast<int>(mass_.size()) - 1);
}

double Forecast::EndOf(int bin) const {
  return lowest_ * Powers()[static_cast<std::size_t>(bin)];
}

void Forecast::Add(double value, double weight) {
  mass_[static_cast<std::size_t>(BinOf(value))] += weight;
}

void Forecast::Finish(const Spread& spread) {
  // A two-sided exponential is one exponential running up and one running down: linear in the size of the
  // grid.
  const std::vector<double> seen = mass_;
  for (double& mass : mass_) mass *= spread.exact;
  for (std::size_t scale = 0; scale < Spread::kScales; ++scale) {
    if (spread.weights[scale] <= 0) continue;
    const double keep = std::exp(-kBinWidth / spread.scales[scale]);
    const double unit = spread.weights[scale] * (1 - keep) / (1 + keep);
    double carried = 0;
    for (std::size_t i = 0; i < seen.size(); ++i) {
      carried = carried * keep + seen[i];
      mass_[i] += unit * carried;
    }
    carried = 0;
    for (std::size_t i = seen.size(); i-- > 0;) {
      mass_[i] += unit * carried;
      carried = (carried + seen[i]) * keep;
    }
  }
  Accumulate();
}

void Forecast::Accumulate() {
  double total = zero_;
  for (const double mass : mass_) total += mass;
  if (total <= 0) total = 1;
  zero_ /= total;
  double share = zero_;
  double mean = 0;
  below_.resize(mass_.size());
  mean_below_.resize(mass_.size());
  for (std::size_t i = 0; i < mass_.size(); ++i) {
    share += mass_[i] / total;
    mean += mass_[i] / total * EndOf(static_cast<int>(i));
    below_[i] = share;
    mean_below_[i] = mean;
  }
}

double Forecast::ShareAbove(double value) const {
  if (value < lowest_) return std::max(0.0, 1 - (below_.empty() ? 0 : below_.front()));
  return std::max(0.0, 1 - below_[static_cast<std::size_t>(BinOf(value))]);
}

Forecast::Choice Forecast::CostOf(int bin, double amount, const Price& price) const {
  const auto i = static_cast<std::size_t>(bin);
  const double above = std::max(0.0, 1 - below_[i]);
  const double unused = price.usual > 0 ? 1 - std::min(1.0, price.usual / amount)
                                        : std::max(0.0, below_[i] - mean_below_[i] / amount);
  return {.amount = amount,
          .cost = unused + price.lambda * (1 + std::min(kMostGenerous, price.small / amount)) * above,
          .risk = above};
}

// Asking for nothing wastes nothing; all that was not zero exceeds it.
Forecast::Choice Forecast::Nothing(const Price& price) const {
  return {.amount = 0, .cost = kPriceOfNothing * price.lambda * (1 - zero_), .risk = 1 - zero_};
}

Forecast::Choice Forecast::Cheapest(const Price& price) const {
  Choice best = CostOf(0, EndOf(0), price);
  if (const Choice nothing = Nothing(price); zero_ > 0 && price.usual == 0 && nothing.cost < best.cost)
    best = nothing;
  for (int bin = 1; bin < static_cast<int>(mass_.size()); ++bin) {
    const Choice choice = CostOf(bin, EndOf(bin), price);
    if (choice.cost < best.cost) best = choice;
  }
  return best;
}

Forecast::Choice Forecast::At(double amount, const Price& price) const {
  if (amount <= 0) return Nothing(price);
  return CostOf(amount < lowest_ ? 0 : BinOf(amount), amount, price);
}

}  // namespace loadline::collector
