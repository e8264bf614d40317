#include "collector/recommend/workload.h"

#include <algorithm>
#include <map>

namespace loadline::collector {
namespace {

constexpr std::size_t kLeastReplicas = 3;  // of two, neither is the odd one
constexpr double kOutlying = 2;            // times the median

double NeedOf(const ContainerUsage& usage, Resource resource) {
  return resource == Resource::kCpu ? usage.cpu().minutes().Quantile(0.95) : usage.memory().mean();
}

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

void NameOutliers(std::span<const Replica> replicas, const std::vector<std::size_t>& members,
                  std::vector<Outlier>& outliers) {
  if (members.size() < kLeastReplicas) return;
  for (const Resource resource : {Resource::kCpu, Resource::kMemory}) {
    std::vector<double> needs;
    for (const std::size_t i : members) needs.push_back(NeedOf(*replicas[i].usage, resource));
    const double median = Median(needs);
    if (median <= 0) continue;
    for (std::size_t k = 0; k < members.size(); ++k) {
      if (needs[k] >= kOutlying * median)
        outliers.push_back({members[k], resource, needs[k] / median, false});
    }
  }
  const auto killed = [&](std::size_t i) { return !replicas[i].usage->ooms().empty(); };
  if (std::ranges::count_if(members, killed) != 1) return;
  outliers.push_back({*std::ranges::find_if(members, killed), Resource::kMemory, 1, true});
}

}  // namespace

WorkloadRecommendation RecommendWorkload(const Algorithm& algorithm, std::span<const Replica> replicas,
                                         const Context& context, Wall now) {
  std::map<std::string, std::vector<std::size_t>> classes;
  for (std::size_t i = 0; i < replicas.size(); ++i) {
    classes[algorithm.SizesByNodeClass() ? replicas[i].node_class : std::string()].push_back(i);
  }

  WorkloadRecommendation answer;
  for (const auto& [node_class, members] : classes) {
    ContainerUsage merged;
    for (const std::size_t i : members) merged.Merge(*replicas[i].usage);
    NameOutliers(replicas, members, answer.outliers);
    answer.groups.push_back({node_class, members, algorithm.Recommend(merged, context, now)});
  }
  return answer;
}

}  // namespace loadline::collector
