#include "collector/kube/surroundings.h"

#include <algorithm>

namespace loadline::collector {
namespace {

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

// Never 0, which would be no bound.
std::int64_t Less(std::int64_t allocatable, std::int64_t taken) {
  return allocatable > 0 ? std::max<std::int64_t>(1, allocatable - std::max<std::int64_t>(0, taken)) : 0;
}

// A pod of a DaemonSet is one of those that take from the node.
Amounts RoomOn(const std::string& name, const ClusterNode& node, const Siting& siting) {
  if (siting.daemon_sets == nullptr) return node.allocatable;
  const auto asked = siting.daemon_sets->find(name);
  if (asked == siting.daemon_sets->end()) return node.allocatable;
  const Amounts own = siting.is_daemon_set && siting.site ? siting.site->request : Amounts{};
  return {.cpu = Less(node.allocatable.cpu, asked->second.cpu - own.cpu),
          .memory = Less(node.allocatable.memory, asked->second.memory - own.memory)};
}

}  // namespace

const NamespaceRules& Surroundings::RulesOf(std::string_view namespace_name) const {
  static const NamespaceRules kNone;
  const auto it = namespaces.find(namespace_name);
  return it == namespaces.end() ? kNone : it->second;
}

std::set<std::string_view> Surroundings::PoolsOf(const std::set<std::string>& names) const {
  std::set<std::string_view> pools;
  for (const std::string& name : names) {
    const auto node = nodes.find(name);
    if (node == nodes.end() || node->second.place.pool.empty()) return {};
    pools.insert(node->second.place.pool);
  }
  return pools;
}

NodeRooms Surroundings::LargestFor(const Siting& siting) const {
  const std::set<std::string_view> pools = PoolsOf(siting.runs_on);
  const auto largest = [&](bool in_pools, bool may_run) {
    NodeRooms most;
    for (const auto& [name, node] : nodes) {
      if (in_pools && !pools.contains(node.place.pool)) continue;
      if (may_run && !MayRunOn(siting.site->placement, name, node.traits)) continue;
      most.Add(RoomOn(name, node, siting));
    }
    return most;
  };
  const bool is_known = siting.site.has_value();
  NodeRooms most;
  if (!pools.empty()) most = largest(true, is_known);
  if (most.IsEmpty() && is_known) most = largest(false, true);
  return most.IsEmpty() ? largest(!pools.empty(), false) : most;
}

WorkloadRules Surroundings::RulesFor(const std::string& workload_id, std::string_view namespace_name) const {
  const NamespaceRules& space = RulesOf(namespace_name);
  WorkloadRules rules{.container_bounds = space.limits.container,
                      .pod_bounds = space.limits.pod,
                      .cpu_quota_left = space.quota.cpu_left,
                      .memory_quota_left = space.quota.memory_left,
                      .node_rooms = largest_allocatable};
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
    Tighten(all.memory_limits_left, quota.memory_limits_left);
  });
  budgets.ForEach([&](const std::string&, const DisruptionBudget& budget) {
    made->namespaces[budget.namespace_name].budgets.push_back(budget);
  });
  nodes.ForEach([&](const std::string& name, const ClusterNode& node) {
    made->nodes.emplace(name, node);
    made->largest_allocatable.Add(node.allocatable);
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
