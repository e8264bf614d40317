#include "collector/kube/surroundings.h"

#include <algorithm>

namespace loadline::collector {
namespace {

void Raise(Amounts& largest, const Amounts& amounts) {
  largest.cpu = std::max(largest.cpu, amounts.cpu);
  largest.memory = std::max(largest.memory, amounts.memory);
}

void Tighten(std::int64_t& bound, std::int64_t other) {
  if (other > 0) bound = bound > 0 ? std::min(bound, other) : other;
}

void Tighten(AmountBounds& bounds, const AmountBounds& other) {
  bounds.least.cpu = std::max(bounds.least.cpu, other.least.cpu);
  bounds.least.memory = std::max(bounds.least.memory, other.least.memory);
  Tighten(bounds.most.cpu, other.most.cpu);
  Tighten(bounds.most.memory, other.most.memory);
}

void Tighten(std::optional<std::int64_t>& left, const std::optional<std::int64_t>& other) {
  if (other) left = std::min(left.value_or(*other), *other);
}

}  // namespace

const NamespaceRules& Surroundings::RulesOf(std::string_view namespace_name) const {
  static const NamespaceRules kNone;
  const auto it = namespaces.find(namespace_name);
  return it == namespaces.end() ? kNone : it->second;
}

Amounts Surroundings::LargestAmong(const std::set<std::string>& runs_on) const {
  std::set<std::string_view> pools;
  for (const std::string& name : runs_on) {
    const auto node = nodes.find(name);
    if (node == nodes.end() || node->second.place.pool.empty()) return largest_allocatable;
    pools.insert(node->second.place.pool);
  }
  if (pools.empty()) return largest_allocatable;
  Amounts largest;
  for (const auto& [_, node] : nodes) {
    if (pools.contains(node.place.pool)) Raise(largest, node.allocatable);
  }
  return largest;
}

WorkloadRules Surroundings::RulesFor(const std::string& workload_id, std::string_view namespace_name,
                                     const std::set<std::string>& runs_on) const {
  const NamespaceRules& space = RulesOf(namespace_name);
  WorkloadRules rules{.container_bounds = space.limits.container,
                      .pod_bounds = space.limits.pod,
                      .cpu_quota_left = space.quota.cpu_left,
                      .memory_quota_left = space.quota.memory_left,
                      .node_allocatable = LargestAmong(runs_on)};
  if (const auto it = horizontal.find(workload_id); it != horizontal.end()) rules.horizontal = it->second;
  return rules;
}

std::uint64_t ClusterObjects::generation() const {
  return horizontal.generation() + limit_ranges.generation() + quotas.generation() + budgets.generation() +
         nodes.generation() + node_works.generation();
}

std::shared_ptr<const Surroundings> ClusterObjects::Get() const {
  const std::lock_guard lock(mutex_);
  // Taken before the caches are read: what changes meanwhile is read again next time.
  const std::uint64_t now = generation();
  if (made_ != nullptr && made_of_ == now) return made_;
  auto made = std::make_shared<Surroundings>();
  horizontal.ForEach([&](const std::string&, const HorizontalAutoscaler& autoscaler) {
    auto& targets = made->horizontal[autoscaler.workload_id];
    targets.insert(targets.end(), autoscaler.targets.begin(), autoscaler.targets.end());
  });
  limit_ranges.ForEach([&](const std::string&, const LimitRange& range) {
    LimitRange& limits = made->namespaces[range.namespace_name].limits;
    Tighten(limits.container, range.container);
    Tighten(limits.pod, range.pod);
  });
  quotas.ForEach([&](const std::string&, const Quota& quota) {
    Quota& all = made->namespaces[quota.namespace_name].quota;
    Tighten(all.cpu_left, quota.cpu_left);
    Tighten(all.memory_left, quota.memory_left);
  });
  budgets.ForEach([&](const std::string&, const DisruptionBudget& budget) {
    made->namespaces[budget.namespace_name].budgets.push_back(budget);
  });
  nodes.ForEach([&](const std::string& name, const ClusterNode& node) {
    made->nodes.emplace(name, node);
    Raise(made->largest_allocatable, node.allocatable);
  });
  node_works.ForEach([&](const std::string&, const NodeWork& work) {
    const auto node = made->nodes.find(work.node);
    if (node != made->nodes.end()) node->second.marks.events.push_back(work.event);
  });
  made_ = std::move(made);
  made_of_ = now;
  return made_;
}

}  // namespace loadline::collector
