// What was decided for one container of a workload, as a value: who acts on a recommendation decides from this.
//
// A room of its own below both `snapshot`, which carries it beside its sentences, and `recommend`, which makes
// it: what is shown reaches alerting, and alerting must not reach the recommender.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collector/advice/recommendation.h"

namespace loadline::collector {

// Where replicas are sized apart: those on machines of one class.
struct ClassAdvice {
  std::string node_class;  // "4 CPUs, 16 GiB"
  std::uint32_t replicas = 0;
  Recommendation recommendation;
};

// Of classes, or whatever else is sized apart, the one that needs most of a resource: what all must have while
// they share one template. Of at least one.
template <typename Group>
const Group& Neediest(const std::vector<Group>& groups, Resource resource) {
  return *std::ranges::max_element(
      groups, {}, [&](const Group& group) { return group.recommendation.Of(resource).target; });
}

// A replica that is not like the others.
struct OddReplica {
  std::string node;
  std::string cgroup;  // its path there
  std::string pod;     // "" outside Kubernetes
  Resource resource = Resource::kCpu;
  double times_the_median = 1;  // 0: not odd by that
  bool killed = false;          // at its memory limit, alone
  double times_the_others = 0;  // what its node's word alone asked for, and is not believed; 0: it is
};

// A horizontal autoscaler adds replicas at its target times what its pods request: another request moves that point.
struct ScalePoint {
  Resource resource = Resource::kCpu;
  double target = 0;  // its target utilisation now, 0.8 is 80 %
  double kept = 0;    // the target that keeps the point where it is once the targets are the requests
};

struct Advice {
  std::string algorithm{};
  Recommendation recommendation{};  // what all replicas must have while they share one template
  Amounts request{};                // as they were when it was decided; 0: none
  Amounts limit{};
  std::uint64_t samples = 0;
  std::uint64_t oom_kills = 0;  // that were taken into account
  // How much of the history is from the checkpoint of a VerticalPodAutoscaler.
  std::optional<Duration> taken_over{};
  std::optional<double> dollars_per_month{};  // that it saves, when prices are known
  std::vector<ClassAdvice> node_classes{};    // ascending; empty: all replicas are sized alike
  std::vector<OddReplica> odd_replicas{};
  std::vector<ScalePoint> scale_points{};  // that the targets would move
  // What other algorithms would say, when the configuration asks to compare.
  std::vector<std::shared_ptr<const Advice>> compared{};

  // How long its usage is known.
  [[nodiscard]] double HistorySeconds() const {
    return std::max(recommendation.cpu.reason.history_seconds, recommendation.memory.reason.history_seconds);
  }
};

}  // namespace loadline::collector
