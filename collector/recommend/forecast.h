// The distribution of what a container will use, and the request that costs least against it.
//
// A forecast is a mass on a logarithmic grid: what was seen (samples for CPU, daily peaks for memory), each
// spread by how far tomorrow tends to be from a day like it. That spread is a sum of two-sided exponentials,
// from very narrow to very wide, with weights that were fitted once to all traces together: a container's own
// history says where, the others' history says how far off. See docs/recommendations.md.
#pragma once

#include <array>
#include <span>
#include <vector>

namespace loadline::collector {

// How what was seen is spread, as shares of the natural logarithm.
struct Spread {
  static constexpr std::size_t kScales = 4;
  double exact = 0;  // the weight that is not spread at all
  std::array<double, kScales> weights{};
  std::array<double, kScales> scales{0.03, 0.1, 0.3, 0.8};
};

class Forecast {
 public:
  static constexpr int kPerOctave = 64;

  // Values from `lowest` upwards, to several times `highest`; 0 < lowest <= highest.
  Forecast(double lowest, double highest);

  // `weight` of what was seen at `value`.
  void Add(double value, double weight);
  void AddZero(double weight) { zero_ += weight; }
  // Applies the spread and scales the whole to 1. Once, after everything was added.
  void Finish(const Spread& spread);

  // A request, and what it is expected to cost.
  struct Choice {
    double amount = 0;
    double cost = 0;
    double risk = 0;  // the share of the forecast above it
  };
  struct Price {
    double lambda = 1;  // of exceeding, in units of wholly wasted request
    double small = 0;   // amounts of this size and less are cheap to be generous with
    double usual = 0;   // the mean use, when the forecast is of peaks; 0: the forecast is of the use itself
  };
  // cost(R) = expected share of R that is unused
  //           + lambda * (1 + min(40, small / R)) * share of the forecast above R
  // The cheapest request for each of several lambdas, `price.lambda` aside.
  void Cheapest(const Price& price, std::span<const double> lambdas, std::span<Choice> choices) const;
  [[nodiscard]] Choice At(double amount, const Price& price) const;

 private:
  [[nodiscard]] int BinOf(double value) const;
  void Accumulate();
  // What a request is up against: its unused share, the share of the forecast above it, and that with its
  // price but lambda.
  struct Odds {
    double unused = 0;
    double above = 0;
    double penalty = 0;
  };
  [[nodiscard]] Odds OddsOf(std::size_t bin, double inverse, const Price& price) const;
  [[nodiscard]] Choice Nothing(double lambda) const;

  double lowest_;
  double zero_ = 0;
  std::vector<double> mass_;        // by bin; the last bins are empty until it is finished
  std::vector<double> below_;       // share of the forecast up to the end of each bin, zeros included
  std::vector<double> mean_below_;  // and its sum of values
};

}  // namespace loadline::collector
