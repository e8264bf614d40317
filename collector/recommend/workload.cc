#include "collector/recommend/workload.h"

#include <algorithm>
#include <map>

#include "collector/recommend/version_growth.h"
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
// What has run for so long is known by itself, and what held so many times as much each day was another version.
constexpr Duration kKnownByItself = std::chrono::hours(48);
constexpr float kAnotherVersion = 1.5F;

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

// Whether what is gone was of another kind: on its quietest day it held far more than what runs now has held on any
// of two days and more. Peaks, weekly ones too, have quiet days between them.
bool IsOfAnotherVersion(const ContainerUsage& gone, const ContainerUsage& running, Wall now) {
  if (running.history() < kKnownByItself) return false;
  float quietest = 0;
  for (const float day : gone.memory().peaks().Days(now)) {
    if (day > 0) quietest = quietest == 0 ? day : std::min(quietest, day);
  }
  float highest = 0;
  for (const float day : running.memory().peaks().Days(now)) highest = std::max(highest, day);
  return highest > 0 && quietest > kAnotherVersion * highest;
}

// What is gone comes first: after a long pause it is as old as what is remembered of a pause may be, when the
// others begin. Of another version the kills alone are remembered, where that is wanted.
ContainerUsage Together(std::span<const Instance> instances, const std::vector<std::size_t>& members,
                        bool knows_versions, Wall now, double& times_as_busy) {
  ContainerUsage running;
  ContainerUsage all;
  for (const std::size_t i : members) {
    if (!instances[i].gone) running.Merge(*instances[i].usage);
  }
  for (const std::size_t i : members) {
    if (!instances[i].gone) continue;
    if (knows_versions && IsOfAnotherVersion(*instances[i].usage, running, now)) {
      all.MergeKills(*instances[i].usage);
    } else {
      all.Merge(*instances[i].usage);
    }
  }
  if (running.first_seen()) all.Resumed(*running.first_seen());
  all.Merge(running);
  times_as_busy = TimesAsBusy(running.cpu(), all.cpu());
  return all;
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
    Context known = context;
    const ContainerUsage merged =
        Together(instances, members, algorithm.SizesByNodeClass(), now, known.times_as_busy);
    NameOutliers(instances, members, answer.outliers);
    Recommendation recommendation = algorithm.Recommend(merged, known, now);
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
