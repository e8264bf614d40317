#include "collector/recommend/workload.h"

#include <algorithm>
#include <map>

#include "collector/recommend/weigh.h"

namespace loadline::collector {
namespace {

constexpr std::size_t kLeastReplicas = 3;  // of two, neither is the odd one
constexpr double kOutlying = 2;            // times the median
// What is less beyond the median is nobody's concern.
constexpr double kLeastCores = 0.05;
constexpr double kLeastBytes = 64.0 * kMiB;
// A replica that has just begun differs from the others for that alone.
constexpr Duration kSettled = std::chrono::minutes(20);

double NeedOf(const ContainerUsage& usage, Resource resource) {
  return resource == Resource::kCpu ? usage.cpu().minutes().Quantile(0.95) : usage.memory().mean();
}

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

void NameNeedy(std::span<const Instance> instances, const std::vector<std::size_t>& members,
               Resource resource, std::vector<Outlier>& outliers) {
  std::vector<double> needs;
  for (const std::size_t i : members) needs.push_back(NeedOf(*instances[i].usage, resource));
  const double median = Median(needs);
  if (median <= 0) return;
  const double least = median + (resource == Resource::kCpu ? kLeastCores : kLeastBytes);
  for (std::size_t k = 0; k < members.size(); ++k) {
    if (needs[k] >= std::max(kOutlying * median, least))
      outliers.push_back({members[k], resource, needs[k] / median, false});
  }
}

void NameOutliers(std::span<const Instance> instances, const std::vector<std::size_t>& group,
                  std::vector<Outlier>& outliers) {
  if (group.size() < kLeastReplicas) return;
  std::vector<std::size_t> running, settled;
  for (const std::size_t i : group) {
    if (instances[i].gone) continue;
    running.push_back(i);
    if (instances[i].usage->history() >= kSettled) settled.push_back(i);
  }
  if (settled.size() >= kLeastReplicas) {
    for (const Resource resource : {Resource::kCpu, Resource::kMemory})
      NameNeedy(instances, settled, resource, outliers);
  }
  const auto killed = [&](std::size_t i) { return !instances[i].usage->ooms().empty(); };
  if (running.size() < kLeastReplicas || std::ranges::count_if(running, killed) != 1) return;
  outliers.push_back({*std::ranges::find_if(running, killed), Resource::kMemory, 1, true});
}

}  // namespace

WorkloadRecommendation RecommendWorkload(const Algorithm& algorithm, std::span<const Instance> instances,
                                         const Context& context, Wall now) {
  WorkloadRecommendation answer;
  const auto size = [&](const std::string& node_class, std::vector<std::size_t> members) {
    if (members.size() == 1) {
      const ContainerUsage& usage = *instances[members[0]].usage;
      answer.groups.push_back({node_class, std::move(members), algorithm.Recommend(usage, context, now)});
      return;
    }
    ContainerUsage merged;
    for (const std::size_t i : members) merged.Merge(*instances[i].usage);
    NameOutliers(instances, members, answer.outliers);
    Recommendation recommendation = algorithm.Recommend(merged, context, now);
    Weigh(algorithm, instances, members, merged.ooms(), context, now, recommendation, answer.outliers);
    answer.groups.push_back({node_class, std::move(members), std::move(recommendation)});
  };

  const bool by_class = algorithm.SizesByNodeClass();
  std::map<std::string, std::vector<std::size_t>> classes;
  for (std::size_t i = 0; i < instances.size(); ++i) {
    if (!instances[i].of_every_class)
      classes[by_class ? instances[i].node_class : std::string()].push_back(i);
  }
  for (std::size_t i = 0; i < instances.size(); ++i) {
    if (!instances[i].of_every_class) continue;
    if (classes.empty()) classes.try_emplace("");
    for (auto& [node_class, members] : classes) members.push_back(i);
  }
  for (auto& [node_class, members] : classes) size(node_class, std::move(members));
  return answer;
}

}  // namespace loadline::collector
