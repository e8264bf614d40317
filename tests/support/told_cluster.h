// A cluster that tells what the test says.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "collector/app/cluster_source.h"

namespace loadline::test {

class ToldCluster final : public collector::NoCluster {
 public:
  [[nodiscard]] std::optional<collector::NodeTold> NodeOf(const std::string& node) const override {
    return collector::NodeTold{.place = {.pool = node.substr(0, node.find('-'))}};
  }
  [[nodiscard]] std::optional<collector::NodeMarks> MarksOf(const std::string& node) const override {
    const auto found = marks.find(node);
    return found != marks.end() ? std::optional(found->second) : std::nullopt;
  }
  [[nodiscard]] collector::ClusterFaults Faults() const override { return {.nodes = faults, .pods = {}}; }
  [[nodiscard]] std::vector<collector::WatchView> Watches() const override {
    return {{.kind = "pods", .state = "following"}, {.kind = "nodes", .state = nodes_are}};
  }

  std::map<std::string, collector::NodeMarks> marks;  // of each node that there is
  std::vector<collector::NodeFault> faults;
  std::string nodes_are = "following";
};

}  // namespace loadline::test
