// OOM kills that no agent told, because they fell into the seconds in which a node's agent was replaced. The status of
// the pod tells of them later.
//
//   missed.Heard(news, now);                      // for all that the cluster tells
//   for (const ClusterNews& kill : missed.Due(model, now)) model.Missed(kill, applied);
//
// A status says OOMKilled also where the kernel killed nobody at that moment, so it counts only while no agent was
// there to know better: between the last record of one start of the agent and the first of the next. Lives on the core
// thread; what waits is lost with the collector and told again by the next list of pods.
#pragma once

#include <deque>
#include <vector>

#include "collector/model/cluster_news.h"
#include "collector/model/model.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

class MissedKills {
 public:
  void Heard(const ClusterNews& news, Wall now);
  // Those that were missed; each once.
  [[nodiscard]] std::vector<ClusterNews> Due(const Model& model, Wall now);

  // What was on its way arrives meanwhile: an agent's spool, names of pods.
  static constexpr Duration kPatience = std::chrono::seconds(15);
  // An agent that has not come back by then was not replaced.
  static constexpr Duration kGivesUp = std::chrono::minutes(5);

 private:
  struct Waiting {
    ClusterNews news;
    Wall heard{};
  };
  static constexpr std::size_t kMost = 1000;
  std::deque<Waiting> waiting_;
};

}  // namespace loadline::collector
