#include "collector/app/cluster_source.h"

#include "collector/kube/kubernetes.h"
#include "collector/kube_objects/pod_metrics.h"

namespace loadline::collector {

std::optional<NodeTold> NoCluster::NodeOf(const std::string& /*node*/) const {
  return std::nullopt;
}

bool NoCluster::IsGone(const std::string& node) const {
  return node == kMetricsSource;
}

WorkloadRules NoCluster::RulesFor(const Workload& /*workload*/,
                                  const std::set<std::string>& /*runs_on*/) const {
  return {};
}

std::optional<NodeTold> KubernetesSource::NodeOf(const std::string& name) const {
  const auto around = cluster_.surroundings();
  const auto node = around->nodes.find(name);
  if (node == around->nodes.end()) return std::nullopt;
  const Amounts& capacity = node->second.capacity;
  return NodeTold{node->second.place, {.cpu = capacity.cpu, .memory = capacity.memory}};
}

bool KubernetesSource::IsGone(const std::string& node) const {
  return cluster_.IsGone(node);
}

ClusterFaults KubernetesSource::Faults() const {
  return cluster_.faults();
}

std::vector<ClusterNews> KubernetesSource::TakeNews() {
  return cluster_.TakeNews();
}

std::vector<SpecTold> KubernetesSource::TakeSpecs() {
  return cluster_.TakeSpecs();
}

WorkloadRules KubernetesSource::RulesFor(const Workload& workload,
                                         const std::set<std::string>& runs_on) const {
  return cluster_.surroundings()->RulesFor(workload.id, workload.namespace_name, runs_on);
}

std::vector<WatchView> KubernetesSource::Watches() const {
  return cluster_.watches();
}

}  // namespace loadline::collector
