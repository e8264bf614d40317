// Our own algorithm, and the default.
//
// For each resource: a forecast from the container's own history and from how far off such forecasts are
// elsewhere; the request with the least expected cost against it; then what the kernel says that usage does
// not show (throttling, kills, pressure); then the present request is kept unless leaving it pays. The
// formulas and a worked case are in docs/recommendations.md.
#pragma once

#include <memory>

#include "collector/recommend/algorithm.h"
#include "collector/recommend/forecast.h"

namespace loadline::collector {

// One default for all containers. Fitted to all traces together; the fit is described with the figures.
struct LoadlineOptions {
  // What exceeding costs, in units of wholly wasted request, with the knob in the middle. At its ends an
  // eighth and eightfold.
  double cpu_lambda = 5.6;
  double memory_lambda = 2.08;
  // This much more of it at the very first, less and less until the history is a day long.
  double cpu_first_day = 0.7;
  double memory_first_day = 0.9;
  // Amounts of this size are cheap to be generous with.
  double small_cores = 0.01;
  double small_bytes = 7e6;
  // A request is left only when that saves more than this.
  double cpu_change_price = 0.03;
  double memory_change_price = 0.0155;
  // This much of it where a request of CPU is raised: one that is too large costs the same every day, one that is too small
  // costs most when it matters.
  double cpu_raise = 0.5;
  // This much more of it at the very first, less and less until the history is a day long.
  double first_day_change = 5;

  Spread cpu_spread{.exact = 0.843, .weights = {0.062, 0.078, 0.008, 0.009}};
  Spread memory_spread{
      .exact = 0.5, .weights = {0.48, 0.08, 0.045, 0.062}, .scales = {0.036, 0.085, 0.3, 0.8}};
  double memory_half_life_days = 5.6;
  double memory_peak_weight = 0.29;     // of the highest ever, while little is known
  double memory_peak_days = 2.4;        // after which it counts half
  double memory_recent_weight = 0.011;  // of the last hour's peak
  // What a wasted byte is measured against: the mean use, and this far towards the peak.
  double memory_usual_from_peak = 0.15;
  // A kill costs the work that was held in memory. Where the usual is less than `memory_steady` of the peak,
  // lambda is multiplied by (usual / (memory_steady * peak)) ^ memory_idle_power.
  double memory_steady = 0.53;
  double memory_idle_power = 0.6;

  Amounts pod_floor = {.cpu = 5, .memory = 32 * kMiB};
  // Until a day was seen: what idled for some hours may yet be called.
  MilliCores first_day_cpu_floor = 21;
};

std::unique_ptr<Algorithm> MakeLoadline(const LoadlineOptions& options = {});

}  // namespace loadline::collector
