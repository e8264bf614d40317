#include "collector/recommend/prices.h"

#include <algorithm>
#include <array>

namespace loadline::collector {
namespace {

constexpr double kHoursAMonth = 730;

constexpr std::array kPrices = {
    Price{"australiaeast", 0.04450, 0.00387},  Price{"brazilsouth", 0.05250, 0.00600},
    Price{"canadacentral", 0.03800, 0.00388},  Price{"centralindia", 0.03600, 0.00362},
    Price{"centralus", 0.03725, 0.00425},      Price{"eastasia", 0.04850, 0.00438},
    Price{"eastus", 0.03300, 0.00375},         Price{"eastus2", 0.03300, 0.00375},
    Price{"francecentral", 0.03800, 0.00450},  Price{"germanywestcentral", 0.03900, 0.00462},
    Price{"japaneast", 0.04800, 0.00350},      Price{"northeurope", 0.03650, 0.00425},
    Price{"southcentralus", 0.03950, 0.00450}, Price{"southeastasia", 0.04400, 0.00400},
    Price{"swedencentral", 0.03500, 0.00400},  Price{"switzerlandnorth", 0.04300, 0.00506},
    Price{"uksouth", 0.03700, 0.00462},        Price{"westeurope", 0.03900, 0.00462},
    Price{"westus2", 0.03300, 0.00375},        Price{"westus3", 0.03300, 0.00375},
};

double Shrinks(const Recommendation& recommendation, const Context& context, Resource resource) {
  const std::int64_t request = context.request.Of(resource);
  return request > 0 ? static_cast<double>(request - recommendation.Of(resource).target) : 0;
}

}  // namespace

std::span<const Price> AllPrices() {
  return kPrices;
}

const Price* FindPrice(std::string_view region) {
  const auto found = std::ranges::find(kPrices, region, &Price::region);
  return found == kPrices.end() ? nullptr : &*found;
}

Saving SavingOf(const Recommendation& recommendation, const Context& context, int replicas,
                const Price* price) {
  Saving saving{.cores = Shrinks(recommendation, context, Resource::kCpu) / 1000 * replicas,
                .bytes = Shrinks(recommendation, context, Resource::kMemory) * replicas};
  if (price != nullptr) {
    const double gib = saving.bytes / static_cast<double>(kGiB);
    saving.dollars_per_month = (saving.cores * price->core_hour + gib * price->gib_hour) * kHoursAMonth;
  }
  return saving;
}

}  // namespace loadline::collector
