// Simple rules over the samples of the last days: what KRR does, and the naive frontier to be measured
// against.
//
// They rank single samples, so they work on usage that keeps these (ContainerUsage::Keep); of other usage
// they know nothing. Of replicas the neediest counts, five minutes by five minutes.
#pragma once

#include <memory>
#include <string>

#include "collector/recommend/algorithm.h"

namespace loadline::collector {

struct RankedRule {
  std::string name;
  SampleNeed samples{};     // how far back, and how finely
  double cpu_quantile = 1;  // of the samples there, between neighbours linearly
  double cpu_factor = 1;
  double memory_factor = 1;  // on the largest sample there
  Amounts pod_floor{};
  Amounts round_up_to{};  // unless floors are off
};

// 95th percentile of CPU, largest memory + 15 %, both over two weeks; rounded up to 1m and 1 MiB, at least
// 10m and 100 MiB.
RankedRule KrrRule();

// Largest sample of `days` with `margin` on top, for both resources; `days` may be infinite.
RankedRule MaxRule(double days, double margin);

std::unique_ptr<Algorithm> MakeRanked(const RankedRule& rule);

}  // namespace loadline::collector
