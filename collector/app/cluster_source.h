// What the cluster around tells the core, asked for each turn.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "collector/app/kubelets_met.h"
#include "collector/fleet/fleet.h"
#include "collector/model/cluster_news.h"
#include "collector/model/container_spec.h"
#include "collector/model/model.h"
#include "collector/recommend/rules.h"
#include "collector/snapshot/snapshot.h"
#include "collector/verdict/witness.h"
#include "schemas/wire/records.h"

namespace loadline::collector {

class ClusterSource : public NodeFacts {
 public:
  // Where a node stands and what it has; nothing of one that the cluster does not tell of.
  [[nodiscard]] virtual std::optional<NodeTold> NodeOf(const std::string& node) const = 0;
  // Whether a node that is silent is so because it was taken away.
  [[nodiscard]] virtual bool IsGone(const std::string& node) const = 0;
  // Nodes whose agents are not heard, in place of those before: they are looked at closely.
  virtual void Doubt(const std::set<std::string, std::less<>>& nodes) = 0;
  // Where a node's kubelet listens; nothing of one whose address the cluster does not tell of.
  [[nodiscard]] virtual std::optional<wire::KubeletPort> KubeletOf(const std::string& node) const = 0;
  [[nodiscard]] virtual Witness WitnessOf(const std::string& node) const = 0;
  // Kubelets that were reached for the first time since the last call; and those that an earlier process reached.
  virtual std::vector<KubeletMet> TakeKubeletsMet() = 0;
  virtual void Remember(std::vector<KubeletMet> kubelets) = 0;
  // What it tells of evictions and OOM kills since the last call.
  virtual std::vector<ClusterNews> TakeNews() = 0;
  // What containers of pods ask for, where that has changed since the last call.
  virtual std::vector<SpecTold> TakeSpecs() = 0;
  // How namespaces want the rules of their workloads (loadline.io/alerts), by their names; those that want nothing are not there.
  [[nodiscard]] virtual std::map<std::string, std::string, std::less<>> RulesByNamespace() const = 0;
  // The rules that a workload lives under, whose pods run on these nodes.
  [[nodiscard]] virtual WorkloadRules RulesFor(const Workload& workload,
                                               const std::set<std::string>& runs_on) const = 0;
};

// One machine, or several, and no cluster: nothing is told.
class NoCluster : public ClusterSource {
 public:
  [[nodiscard]] std::optional<NodeTold> NodeOf(const std::string& node) const override;
  // The API of metrics is, when the collector was in a cluster before.
  [[nodiscard]] bool IsGone(const std::string& node) const override;
  [[nodiscard]] ClusterFaults Faults() const override { return {}; }
  [[nodiscard]] std::optional<NodeMarks> MarksOf(const std::string& /*node*/) const override { return {}; }
  void Doubt(const std::set<std::string, std::less<>>& /*nodes*/) override {}
  [[nodiscard]] std::optional<wire::KubeletPort> KubeletOf(const std::string& /*node*/) const override {
    return {};
  }
  [[nodiscard]] Witness WitnessOf(const std::string& /*node*/) const override { return {}; }
  std::vector<KubeletMet> TakeKubeletsMet() override { return {}; }
  void Remember(std::vector<KubeletMet> /*kubelets*/) override {}
  std::vector<ClusterNews> TakeNews() override { return {}; }
  std::vector<SpecTold> TakeSpecs() override { return {}; }
  [[nodiscard]] std::map<std::string, std::string, std::less<>> RulesByNamespace() const override {
    return {};
  }
  [[nodiscard]] WorkloadRules RulesFor(const Workload& workload,
                                       const std::set<std::string>& runs_on) const override;
  [[nodiscard]] std::vector<WatchView> Watches() const override { return {}; }
};

class Kubernetes;
class NodeLeases;
class Reach;
struct Surroundings;

class KubernetesSource final : public ClusterSource {
 public:
  // All outlive it. `reach` asks at the ports of kubelets, `leases` for the Leases of their nodes; null: nobody does.
  KubernetesSource(Kubernetes& cluster, Reach* reach, NodeLeases* leases)
      : cluster_(cluster), reach_(reach), leases_(leases) {}
  [[nodiscard]] std::optional<NodeTold> NodeOf(const std::string& node) const override;
  [[nodiscard]] bool IsGone(const std::string& node) const override;
  [[nodiscard]] ClusterFaults Faults() const override;
  [[nodiscard]] std::optional<NodeMarks> MarksOf(const std::string& node) const override;
  void Doubt(const std::set<std::string, std::less<>>& nodes) override;
  [[nodiscard]] std::optional<wire::KubeletPort> KubeletOf(const std::string& node) const override;
  [[nodiscard]] Witness WitnessOf(const std::string& node) const override;
  std::vector<KubeletMet> TakeKubeletsMet() override;
  void Remember(std::vector<KubeletMet> kubelets) override;
  std::vector<ClusterNews> TakeNews() override;
  std::vector<SpecTold> TakeSpecs() override;
  [[nodiscard]] std::map<std::string, std::string, std::less<>> RulesByNamespace() const override;
  [[nodiscard]] WorkloadRules RulesFor(const Workload& workload,
                                       const std::set<std::string>& runs_on) const override;
  [[nodiscard]] std::vector<WatchView> Watches() const override;

 private:
  Kubernetes& cluster_;
  Reach* const reach_;
  NodeLeases* const leases_;
  std::shared_ptr<const Surroundings> watched_;  // of which reach_ knows the nodes
};

}  // namespace loadline::collector
