// What a core and a gigabyte of memory cost, and what a recommendation therefore saves.
//
// Pay-as-you-go prices of Linux machines on Azure, US dollars an hour, of 2026-06-18. Each region's two
// prices are those that give the list prices of Standard_D4s_v5 (4 cores, 16 GiB) and Standard_E4s_v5 (4
// cores, 32 GiB) exactly; the larger machines of both series cost the same per core and GiB within half a
// percent.
#pragma once

#include <span>
#include <string_view>

#include "collector/advice/recommendation.h"
#include "collector/recommend/context.h"

namespace loadline::collector {

struct Price {
  std::string_view region;
  double core_hour = 0;  // US dollars
  double gib_hour = 0;
};

std::span<const Price> AllPrices();  // by region, ascending

// Null when the region is not known.
const Price* FindPrice(std::string_view region);

// What one container's requests would shrink by; negative where they grow.
struct Saving {
  double cores = 0;
  double bytes = 0;
  double dollars_per_month = 0;  // of 730 hours; 0 without a price
};

// The saving of `replicas` containers that go from the present requests to the targets. A resource without a
// request saves nothing: nothing is reserved for it. `price` may be null.
Saving SavingOf(const Recommendation& recommendation, const Context& context, int replicas,
                const Price* price);

}  // namespace loadline::collector
