// The request is far above even the upper end of what is recommended.
#include <fmt/format.h>

#include "collector/detect/misfit.h"
#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

constexpr Threshold<double> kFactor{"threshold", "The request is so many times the most it needs.", 2, 1,
                                    1000};

void DetectContainerOverProvisioned(const ContainerSeen& seen, const RuleSettings& settings, Found& found) {
  const double factor = settings.Of(kFactor);
  for (const Request& asked : RequestsOf(seen, settings.shared().sizes_after)) {
    if (static_cast<double>(asked.request) <= static_cast<double>(asked.sizing->upper) * factor) continue;
    found.Add(Misfit(seen, asked, fmt::format("{:g} times the upper end", factor)));
  }
}

}  // namespace

Rule ContainerOverProvisioned() {
  return {.name = "ContainerOverProvisioned",
          .meaning = "The request is far above what the container has ever needed.",
          .remedy = "Lower the request to the recommendation; others could use the room.",
          .severity = Severity::kSev4,
          .hold = std::chrono::hours(1),
          .thresholds = {kFactor},
          .example = {{"workload", "shop/Deployment/checkout"}, {"namespace", "shop"}, {"container", "app"}},
          .detect = DetectContainerOverProvisioned};
}

}  // namespace loadline::collector::rules
