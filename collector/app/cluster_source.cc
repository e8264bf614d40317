#include "collector/app/cluster_source.h"

#include <utility>

#include "collector/kube/kubernetes.h"
#include "collector/kube/node_leases.h"
#include "collector/kube_objects/pod_metrics.h"
#include "collector/reach/reach.h"

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

std::optional<NodeMarks> KubernetesSource::MarksOf(const std::string& name) const {
  const auto around = cluster_.surroundings();
  const auto node = around->nodes.find(name);
  return node != around->nodes.end() ? std::optional(node->second.marks) : std::nullopt;
}

void KubernetesSource::Doubt(const std::set<std::string, std::less<>>& nodes) {
  if (leases_ != nullptr) leases_->Doubt(nodes);
  if (reach_ == nullptr) return;
  if (const auto around = cluster_.surroundings(); around != watched_) {
    watched_ = around;
    std::map<std::string, Reach::Target, std::less<>> targets;
    for (const auto& [name, node] : around->nodes) {
      if (!node.address.empty()) targets.emplace(name, Reach::Target{node.address, node.kubelet_port});
    }
    reach_->Watch(std::move(targets));
  }
  reach_->Doubt(nodes);
}

std::optional<wire::KubeletPort> KubernetesSource::KubeletOf(const std::string& name) const {
  const auto around = cluster_.surroundings();
  const auto node = around->nodes.find(name);
  if (node == around->nodes.end() || node->second.address.empty()) return std::nullopt;
  return wire::KubeletPort{name, node->second.address, node->second.kubelet_port};
}

Witness KubernetesSource::WitnessOf(const std::string& node) const {
  Witness witness = reach_ == nullptr ? Witness{} : reach_->Of(node);
  if (leases_ != nullptr) witness.lease = leases_->Of(node);
  return witness;
}

std::vector<KubeletMet> KubernetesSource::TakeKubeletsMet() {
  std::vector<KubeletMet> kubelets;
  if (reach_ == nullptr) return kubelets;
  for (Reach::Met& met : reach_->TakeMet())
    kubelets.push_back({std::move(met.node), std::move(met.target.address), met.target.port, met.answered});
  return kubelets;
}

void KubernetesSource::Remember(std::vector<KubeletMet> kubelets) {
  if (reach_ == nullptr) return;
  std::vector<Reach::Met> met;
  for (KubeletMet& one : kubelets)
    met.push_back({std::move(one.node), {std::move(one.address), one.port}, one.answered});
  reach_->Remember(std::move(met));
}

std::vector<ClusterNews> KubernetesSource::TakeNews() {
  return cluster_.TakeNews();
}

std::vector<SpecTold> KubernetesSource::TakeSpecs() {
  return cluster_.TakeSpecs();
}

std::map<std::string, std::string, std::less<>> KubernetesSource::RulesByNamespace() const {
  return cluster_.rules_by_namespace();
}

WorkloadRules KubernetesSource::RulesFor(const Workload& workload,
                                         const std::set<std::string>& runs_on) const {
  WorkloadRules rules = cluster_.surroundings()->RulesFor(workload.id, workload.namespace_name);
  rules.node_rooms = cluster_.LargestFor(workload.id, runs_on);
  return rules;
}

std::vector<WatchView> KubernetesSource::Watches() const {
  return cluster_.watches();
}

}  // namespace loadline::collector
