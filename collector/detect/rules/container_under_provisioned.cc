// Even the lower end of what is recommended is above the request.
#include <fmt/format.h>

#include "collector/detect/misfit.h"
#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

constexpr Threshold<double> kFactor{"threshold", "The least it needs is so many times the request.", 1, 1,
                                    100};

void DetectContainerUnderProvisioned(const ContainerSeen& seen, const RuleSettings& settings, Found& found) {
  const double factor = settings.Of(kFactor);
  for (const Request& asked : RequestsOf(seen, settings.shared().sizes_after)) {
    if (static_cast<double>(asked.sizing->lower) <= static_cast<double>(asked.request) * factor) continue;
    found.Add(Misfit(seen, asked, fmt::format("1/{:g} times the lower end", factor)));
  }
}

}  // namespace

Rule ContainerUnderProvisioned() {
  return {.name = "ContainerUnderProvisioned",
          .meaning = "The request is below what the container needs at the least.",
          .remedy = "Raise the request to the recommendation: its neighbours pay meanwhile.",
          .severity = Severity::kSev3,
          .hold = std::chrono::hours(1),
          .thresholds = {kFactor},
          .example = {{"workload", "shop/Deployment/checkout"}, {"namespace", "shop"}, {"container", "app"}},
          .detect = DetectContainerUnderProvisioned};
}

}  // namespace loadline::collector::rules
