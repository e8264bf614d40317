#include "collector/model/view.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

namespace loadline::collector {
namespace {

double Share(std::uint64_t part_us, Duration whole) {
  return whole > Duration(0) ? std::min(1.0, static_cast<double>(part_us) * 1e-6 / Seconds(whole)) : 0;
}

NodeView ViewOf(const Node& node, NodeLiveness live) {
  NodeView view{.name = node.name,
                .place = node.place,
                .state = live.state,
                .state_reason = std::move(live.reason),
                .agent_version = node.agent_version,
                .kernel_version = node.kernel_version,
                .last_seen = node.last_record,
                .first_seen = node.first_seen,
                .capacity = node.capacity};
  if (node.window_length > Duration(0)) {
    view.cpu_used_cores = static_cast<double>(node.cpu_us) * 1e-6 / Seconds(node.window_length);
  }
  if (node.last.memory_available > 0) {
    view.memory_used = std::max<Bytes>(node.capacity.memory - node.last.memory_available, 0);
  }
  view.cpu_pressure = Share(node.last.pressure.cpu_some_us, node.window_length);
  view.memory_pressure = Share(node.last.pressure.memory_some_us, node.window_length);
  view.io_pressure = Share(node.last.pressure.io_some_us, node.window_length);
  view.signals = node.signals;
  view.containers = static_cast<std::uint32_t>(node.by_path.size());
  view.losses = node.losses;
  view.missing_records = node.missing_records;
  view.refused = node.refused;
  view.agent_cpu_share = Share(node.agent_cpu_us, node.window_length);
  view.agent_rss = node.agent_rss;
  view.disks = node.last.disks;
  return view;
}

// Pressure is that of the replica that suffers most.
void AddLive(ContainerView& view, const Replica& replica) {
  const LiveWindow& live = replica.live;
  view.cpu_cores += live.cpu_us * 1e-6 / Seconds(live.length);
  view.memory_working_set =
      std::max(view.memory_working_set, replica.memory.current - replica.memory.inactive_file);
  view.throttled_seconds += static_cast<double>(live.throttle.throttled_us) * 1e-6;
  view.longest_throttle_seconds = std::max(view.longest_throttle_seconds, live.throttle.longest_us * 1e-6);
  view.run_queue_wait_seconds += live.run_queue_wait_us * 1e-6;
  view.cpu_pressure = std::max(view.cpu_pressure, Share(live.pressure.cpu_some_us, live.length));
  view.memory_pressure = std::max(view.memory_pressure, Share(live.pressure.memory_some_us, live.length));
  view.io_pressure = std::max(view.io_pressure, Share(live.pressure.io_some_us, live.length));
}

ContainerView ViewOf(const Model& model, const Container& container) {
  ContainerView view;
  view.name = container.name;
  std::uint64_t periods = 0;
  std::uint64_t throttled = 0;
  for (const ReplicaId id : container.replicas) {
    const Replica& replica = model.replicas()[id];
    if (!replica.running()) continue;
    ++view.replicas;
    AddLive(view, replica);
    periods += replica.live.throttle.periods;
    throttled += replica.live.throttle.throttled_periods;
  }
  view.throttled_share = periods == 0 ? 0 : static_cast<double>(throttled) / static_cast<double>(periods);
  view.memory_peak = std::max(container.peak, container.peak_before);
  const wire::CgroupLimits limits = LimitsOf(model, container);
  view.cpu_request = limits.cpu_request;
  view.cpu_limit = limits.cpu_limit;
  view.memory_request = limits.memory_request;
  view.memory_limit = limits.memory_limit;
  view.oom_kills = container.oom_kills;
  view.throttled_periods_total = container.throttled_periods;
  view.periods_total = container.periods;
  view.throttled_seconds_total = static_cast<double>(container.throttled_us) * 1e-6;
  view.cpu_seconds_total = static_cast<double>(container.cpu_us) * 1e-6;
  view.history = container.history;
  view.recommendation = container.recommendation;
  return view;
}

// The largest amount, and the largest of another node than that one's.
struct TwoLargest {
  std::int64_t first = 0;
  std::int64_t second = 0;
  NodeId of_first = 0;

  void Add(std::int64_t amount, NodeId node) {
    if (node == of_first) {
      first = std::max(first, amount);
    } else if (amount > first) {
      second = std::exchange(first, amount);
      of_first = node;
    } else {
      second = std::max(second, amount);
    }
  }
};

std::shared_ptr<const WorkloadView> ViewOf(const Model& model, const Workload& workload) {
  auto view = std::make_shared<WorkloadView>();
  view->id = workload.id;
  view->namespace_name = workload.namespace_name;
  view->kind = workload.kind;
  view->name = workload.name;
  std::set<std::string> nodes;
  for (const ContainerId id : workload.containers) {
    const Container& container = model.containers()[id];
    view->containers.push_back(ViewOf(model, container));
    view->last_seen = std::max(view->last_seen, container.last_seen);
    for (const ReplicaId replica : container.replicas) {
      if (model.replicas()[replica].running())
        nodes.insert(model.nodes()[model.replicas()[replica].node].name);
    }
  }
  view->nodes.assign(nodes.begin(), nodes.end());
  std::ranges::sort(view->containers, {}, &ContainerView::name);
  return view;
}

}  // namespace

wire::CgroupLimits LimitsOf(const Model& model, const Container& container) {
  std::array<TwoLargest, 5> largest;
  std::optional<NodeId> first, second;
  bool three = false;
  for (const ReplicaId id : container.replicas) {
    const Replica& replica = model.replicas()[id];
    if (replica.live.end == Wall{}) continue;  // nothing was told of it yet
    const wire::CgroupLimits& limits = replica.limits;
    const std::array<std::int64_t, 5> amounts = {limits.cpu_limit, limits.cpu_request, limits.memory_limit,
                                                 limits.memory_high, limits.memory_request};
    for (std::size_t i = 0; i < amounts.size(); ++i) largest[i].Add(amounts[i], replica.node);
    if (!first) first = replica.node;
    if (!second && replica.node != *first) second = replica.node;
    three = three || (second && replica.node != *first && replica.node != *second);
  }
  const auto of = [&](std::size_t i) { return three ? largest[i].second : largest[i].first; };
  return {.cpu_limit = of(0),
          .cpu_request = of(1),
          .memory_limit = of(2),
          .memory_high = of(3),
          .memory_request = of(4)};
}

std::vector<NodeView> NodeViews(const Model& model, const Liveness& liveness, Mono now) {
  std::vector<NodeView> views;
  model.nodes().ForEach(
      [&](NodeId, const Node& node) { views.push_back(ViewOf(node, liveness.Of(node.name, now))); });
  std::ranges::sort(views, {}, &NodeView::name);
  return views;
}

std::vector<std::shared_ptr<const WorkloadView>> WorkloadViews(const Model& model) {
  std::vector<std::shared_ptr<const WorkloadView>> views;
  views.reserve(model.workloads().size());
  for (const auto& [name, id] : model.workload_by_id()) {
    const Workload& workload = model.workloads()[id];
    if (!model.Shows(workload)) continue;
    if (workload.view == nullptr) workload.view = ViewOf(model, workload);
    views.push_back(workload.view);
  }
  return views;
}

}  // namespace loadline::collector
