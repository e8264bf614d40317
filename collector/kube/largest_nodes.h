// Surroundings::LargestFor, remembered: to find the largest nodes all of them are looked at, and most workloads of a cluster
// may be placed alike. What is remembered is forgotten when nodes or DaemonSets change. Belongs to one thread.
#pragma once

#include <memory>
#include <vector>

#include "collector/kube/surroundings.h"

namespace loadline::collector {

class LargestNodes {
 public:
  NodeRooms For(const std::shared_ptr<const Surroundings>& around, const Siting& siting);

 private:
  // All that LargestFor goes by.
  struct Kind {
    std::set<std::string_view> pools;
    std::optional<PodPlacement> placement;
    Amounts own;  // of a DaemonSet's pod
    bool operator==(const Kind&) const = default;
  };
  struct Known {
    Kind kind;
    NodeRooms largest;
  };

  std::shared_ptr<const Surroundings> around_;
  std::shared_ptr<const NodeAmounts> daemon_sets_;
  std::vector<Known> known_;
};

}  // namespace loadline::collector
