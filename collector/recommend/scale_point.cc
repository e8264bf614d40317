#include "collector/recommend/scale_point.h"

#include <cmath>

namespace loadline::collector {
namespace {

constexpr double kTolerance = 0.1;  // --horizontal-pod-autoscaler-tolerance

// How many times what is asked for now the recommended requests are; 0: nobody can tell.
double Growth(std::span<const AdvisedPart> parts, Resource resource) {
  double now = 0;
  double recommended = 0;
  for (const AdvisedPart& part : parts) {
    const auto request = static_cast<double>(part.advice->request.Of(resource));
    const auto target = static_cast<double>(part.advice->recommendation.Of(resource).target);
    if (request <= 0 || target <= 0) return 0;
    now += request;
    recommended += target;
  }
  return now > 0 ? recommended / now : 0;
}

}  // namespace

void NameScalePoints(const std::vector<WorkloadRules::Horizontal>& autoscalers,
                     std::span<const AdvisedPart> pod) {
  for (const WorkloadRules::Horizontal& scaling : autoscalers) {
    std::vector<AdvisedPart> counted;
    for (const AdvisedPart& part : pod)
      if (scaling.container.empty() || scaling.container == part.container) counted.push_back(part);
    const double growth = Growth(counted, scaling.resource);
    if (growth == 0 || std::abs(growth - 1) <= kTolerance) continue;
    for (const AdvisedPart& part : counted) {
      part.advice->scale_points.push_back(
          {scaling.resource, scaling.target_utilization, scaling.target_utilization / growth});
    }
  }
}

}  // namespace loadline::collector
