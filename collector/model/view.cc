#include "collector/model/view.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "collector/model/advice_words.h"
#include "collector/model/held_back.h"

namespace loadline::collector {
namespace {

double Share(std::uint64_t part_us, Duration whole) {
  return whole > Duration(0) ? std::min(1.0, static_cast<double>(part_us) * 1e-6 / Seconds(whole)) : 0;
}

NodeView ViewOf(const Node& node, NodeStanding standing) {
  NodeView view{.name = node.name,
                .place = node.place,
                .state = standing.state,
                .state_reason = std::move(standing.reason),
                .clock_ahead = standing.clock_ahead,
                .agent_version = node.agent_version,
                .kernel_version = node.kernel_version,
                .last_seen = node.last_record,
                .first_seen = node.first_seen,
                .capacity = node.capacity,
                .spooled_records = standing.spooled_records};
  if (node.window_length > Duration(0)) {
    view.cpu_used_cores = static_cast<double>(node.cpu_us) * 1e-6 / Seconds(node.window_length);
  }
  if (node.last.memory_available > 0) {
    view.memory_used = std::max<Bytes>(node.capacity.memory - node.last.memory_available, 0);
  }
  if (node.Sees(wire::Signal::kPressure) && node.window_length > Duration(0)) {
    view.cpu_pressure = Share(node.last.pressure.cpu_some_us, node.window_length);
    view.memory_pressure = Share(node.last.pressure.memory_some_us, node.window_length);
    view.io_pressure = Share(node.last.pressure.io_some_us, node.window_length);
  }
  view.signals = node.signals;
  view.containers = static_cast<std::uint32_t>(node.by_path.size());
  view.losses = node.losses;
  view.missing_records = node.missing_records;
  view.refused = node.refused;
  view.agent_cpu_share = Share(node.agent_cpu_us, node.window_length);
  view.agent_rss = node.agent_rss;
  view.backed_off = node.backed_off;
  view.longest_walk_seconds = node.longest_walk_us * 1e-6;
  view.cgroups = node.last.cgroups;
  view.dying_cgroups = node.last.dying_cgroups;
  view.disks = node.last.disks;
  view.findings = node.findings.all();
  std::ranges::sort(view.findings, std::greater{}, [](const NodeFinding& finding) {
    return std::pair(!finding.condition.empty(), finding.last);
  });
  return view;
}

// 0: all CPUs of its node, or not known.
MilliCores CpusetOf(const Replica& replica, const Node& node) {
  const MilliCores cpus = MilliCores{1000} * replica.cpu_bounds.cpus;
  return cpus < node.capacity.cpu ? cpus : 0;
}

LimitAt CpuLimitOf(const Replica& replica, const Node& node) {
  const MilliCores cpuset = CpusetOf(replica, node);
  const bool tighter = cpuset > 0 && (replica.cpu_limit.amount == 0 || cpuset < replica.cpu_limit.amount);
  return tighter ? LimitAt{cpuset, LimitLevel::kCpuset} : replica.cpu_limit;
}

void Raise(std::optional<double>& figure, double amount) {
  figure = std::max(figure.value_or(0), amount);
}

// Pressure is that of the replica that suffers most.
void AddLive(ContainerView& view, const Replica& replica, const Node& node) {
  const LiveWindow& live = replica.live;
  view.cpu_cores += live.cpu_us * 1e-6 / Seconds(live.length);
  view.memory_working_set =
      std::max(view.memory_working_set, replica.memory.current - replica.memory.inactive_file);
  view.throttled_seconds += static_cast<double>(live.throttle.throttled_us) * 1e-6;
  if (node.Sees(wire::Signal::kCpuThrottle))
    Raise(view.longest_throttle_seconds, live.throttle.longest_us * 1e-6);
  if (node.Sees(wire::Signal::kRunQueue))
    view.run_queue_wait_seconds = view.run_queue_wait_seconds.value_or(0) + live.run_queue_wait_us * 1e-6;
  view.processes += replica.processes;
  view.memory_swap = std::max(view.memory_swap, replica.memory.swap);
  view.memory_high = std::max(view.memory_high, replica.limits.memory_high);
  view.allowed_cpus = std::max(view.allowed_cpus, replica.cpu_bounds.cpus);
  view.cpu_burst = std::max<Duration>(view.cpu_burst, std::chrono::microseconds(replica.cpu_bounds.burst_us));
  if (replica.huge_pages) {
    view.memory_huge_pages = std::max(view.memory_huge_pages.value_or(0), replica.huge_pages->held);
    view.huge_pages_limit = std::max(view.huge_pages_limit, replica.huge_pages->limit);
  }
  if (!node.Sees(wire::Signal::kPressure)) return;
  Raise(view.cpu_pressure_full, Share(live.pressure.cpu_full_us, live.length));
  Raise(view.memory_pressure_full, Share(live.pressure.memory_full_us, live.length));
  Raise(view.io_pressure_full, Share(live.pressure.io_full_us, live.length));
  Raise(view.cpu_pressure, Share(live.pressure.cpu_some_us, live.length));
  Raise(view.memory_pressure, Share(live.pressure.memory_some_us, live.length));
  Raise(view.io_pressure, Share(live.pressure.io_some_us, live.length));
}

CpuWait WaitOf(const Replica& replica, const Node& node) {
  const LiveWindow& live = replica.live;
  const wire::ThrottleWindow& throttle = live.throttle;
  CpuWait wait;
  if (throttle.periods > 0)
    wait.throttled_share = static_cast<double>(throttle.throttled_periods) / throttle.periods;
  if (node.Sees(wire::Signal::kRunQueue)) wait.queued = Share(live.run_queue_wait_us, live.length);
  if (node.Sees(wire::Signal::kPressure)) wait.pressure = Share(live.pressure.cpu_some_us, live.length);
  if (node.capacity.cpu > 0 && live.length > Duration(0))
    wait.used_of_node = live.cpu_us * 1e-3 / Seconds(live.length) / static_cast<double>(node.capacity.cpu);
  return wait;
}

// Of the replica that is most, by the time that it waits.
std::optional<HeldBackBy> HeldBack(const Model& model, const Container& container) {
  std::optional<HeldBackBy> by;
  double most = 0;
  for (const ReplicaId id : container.replicas) {
    const Replica& replica = model.replicas()[id];
    if (!replica.running()) continue;
    const CpuWait wait = WaitOf(replica, model.nodes()[replica.node]);
    const double waited =
        std::max({wait.throttled_share, wait.queued.value_or(0), wait.pressure.value_or(0)});
    const auto one = WhoHoldsBack(wait);
    if (!one || waited < most) continue;
    by = one;
    most = waited;
  }
  return by;
}

// Of the replica that is stopped most.
std::optional<LimitAt> ThrottledBy(const Model& model, const Container& container) {
  const Replica* most = nullptr;
  for (const ReplicaId id : container.replicas) {
    const Replica& replica = model.replicas()[id];
    if (!replica.running() || replica.live.throttle.throttled_periods == 0) continue;
    if (most == nullptr || replica.live.throttle.throttled_periods > most->live.throttle.throttled_periods)
      most = &replica;
  }
  return most == nullptr ? std::nullopt : std::optional(most->throttled_by);
}

ContainerView ViewOf(const Model& model, const Container& container) {
  ContainerView view;
  view.name = container.name;
  std::uint64_t periods = 0;
  std::uint64_t throttled = 0;
  std::uint32_t blind = 0;  // to OOM kills
  for (const ReplicaId id : container.replicas) {
    const Replica& replica = model.replicas()[id];
    if (!replica.running()) continue;
    ++view.replicas;
    const Node& node = model.nodes()[replica.node];
    AddLive(view, replica, node);
    blind += node.Sees(wire::Signal::kOomKill) ? 0 : 1;
    periods += replica.live.throttle.periods;
    throttled += replica.live.throttle.throttled_periods;
  }
  view.throttled_share = periods == 0 ? 0 : static_cast<double>(throttled) / static_cast<double>(periods);
  view.memory_peak = std::max(container.peak, container.peak_before);
  view.largest_exited_process = std::max(container.exited, container.exited_before);
  const ReplicaSize size = SizeOf(model, container);
  view.cpu_request = size.request.cpu;
  view.cpu_limit = size.limit.cpu;
  view.memory_request = size.request.memory;
  view.memory_limit = size.limit.memory;
  view.request_source = size.source;
  if (container.last_spec) view.huge_pages_request = container.last_spec->huge_pages;
  view.qos = size.qos;
  const EffectiveLimits effective = EffectiveLimitsOf(model, container);
  view.effective_cpu_limit = effective.cpu;
  view.effective_memory_limit = effective.memory;
  view.throttled_by = ThrottledBy(model, container);
  view.cpu_held_back_by = HeldBack(model, container);
  view.oom_kills = container.oom_kills;
  view.oom_victims = container.oom_victims;
  view.counters = container.counters;
  view.sees_oom_kills = blind == 0 || blind < view.replicas || view.oom_kills > 0;
  view.throttled_periods_total = container.throttled_periods;
  view.periods_total = container.periods;
  view.throttled_seconds_total = static_cast<double>(container.throttled_us) * 1e-6;
  view.cpu_seconds_total = static_cast<double>(container.cpu_us) * 1e-6;
  view.history = container.history;
  view.advice = container.advice;
  view.recommendation = RecommendationOf(container);
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

Amounts Largest(const Amounts& a, const Amounts& b) {
  return {.cpu = std::max(a.cpu, b.cpu), .memory = std::max(a.memory, b.memory)};
}

ReplicaSize SizeOf(const ContainerSpec& spec) {
  return {.request = spec.request,
          .limit = spec.limit,
          .source = spec.shares_pod_request ? RequestSource::kPod : RequestSource::kSpec,
          .qos = spec.qos};
}

// Nothing when no spec is known.
std::optional<ReplicaSize> SpecOf(const Model& model, const Container& container) {
  std::optional<ReplicaSize> size;
  Wall latest{};
  for (const ReplicaId id : container.replicas) {
    const Replica& replica = model.replicas()[id];
    if (!replica.spec) continue;
    const ReplicaSize its = SizeOf(*replica.spec);
    if (!size) size.emplace();
    size->request = Largest(size->request, its.request);
    size->limit = Largest(size->limit, its.limit);
    if (replica.first_seen < latest) continue;
    latest = replica.first_seen;
    size->source = its.source;
    size->qos = replica.Qos();
  }
  return size;
}

ReplicaSize GuessOf(const Model& model, const Container& container) {
  std::array<TwoLargest, 4> largest;
  std::optional<NodeId> first, second;
  bool three = false;
  wire::QosClass qos = wire::QosClass::kNone;
  for (const ReplicaId id : container.replicas) {
    const Replica& replica = model.replicas()[id];
    if (replica.live.end == Wall{}) continue;  // nothing was told of it yet
    qos = replica.Qos();
    const wire::CgroupLimits& limits = replica.limits;
    const std::array<std::int64_t, 4> amounts = {limits.cpu_request, limits.memory_request, limits.cpu_limit,
                                                 limits.memory_limit};
    for (std::size_t i = 0; i < amounts.size(); ++i) largest[i].Add(amounts[i], replica.node);
    if (!first) first = replica.node;
    if (!second && replica.node != *first) second = replica.node;
    three = three || (second && replica.node != *first && replica.node != *second);
  }
  const auto of = [&](std::size_t i) { return three ? largest[i].second : largest[i].first; };
  ReplicaSize size{
      .request = {.cpu = of(0), .memory = of(1)}, .limit = {.cpu = of(2), .memory = of(3)}, .qos = qos};
  // That is what makes a pod Guaranteed; where the limits are those of the whole pod, the containers have none.
  if (qos == wire::QosClass::kGuaranteed) {
    if (size.limit.cpu > 0) size.request.cpu = size.limit.cpu;
    if (size.limit.memory > 0) size.request.memory = size.limit.memory;
  }
  return size;
}

std::shared_ptr<const WorkloadView> ViewOf(const Model& model, const Workload& workload) {
  auto view = std::make_shared<WorkloadView>();
  view->id = workload.id;
  view->namespace_name = workload.namespace_name;
  view->kind = workload.kind;
  view->name = workload.name;
  std::set<std::string> nodes;
  for (const ContainerId id : workload.containers) {
    const Container& container = model.containers()[id];
    if (IsRemoved(model, container)) continue;
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

std::shared_ptr<const RecommendationView> RecommendationOf(const Container& container) {
  if (container.recommendation == nullptr && container.advice != nullptr)
    container.recommendation = InWords(*container.advice);
  return container.recommendation;
}

bool IsRemoved(const Model& model, const Container& container) {
  if (!container.replicas.empty()) return false;
  bool others_run = false;
  for (const ContainerId sibling : model.workloads()[container.workload].containers) {
    for (const ReplicaId id : model.containers()[sibling].replicas) {
      const Replica& replica = model.replicas()[id];
      if (!replica.running() || replica.pod.empty()) continue;
      if (container.pods.Has(replica.pod)) return false;
      others_run = true;
    }
  }
  return others_run;
}

MilliCores CpusetOf(const Model& model, const Container& container) {
  MilliCores most = 0;
  for (const ReplicaId id : container.replicas) {
    const Replica& replica = model.replicas()[id];
    if (!replica.running()) continue;
    const MilliCores cpus = CpusetOf(replica, model.nodes()[replica.node]);
    if (cpus == 0) return 0;
    most = std::max(most, cpus);
  }
  return most;
}

EffectiveLimits EffectiveLimitsOf(const Model& model, const Container& container) {
  EffectiveLimits largest;
  for (const ReplicaId id : container.replicas) {
    const Replica& replica = model.replicas()[id];
    if (!replica.running()) continue;
    const LimitAt cpu = CpuLimitOf(replica, model.nodes()[replica.node]);
    if (cpu.amount > largest.cpu.amount) largest.cpu = cpu;
    if (replica.memory_limit.amount > largest.memory.amount) largest.memory = replica.memory_limit;
  }
  return largest;
}

ReplicaSize SizeOf(const Model& model, const Container& container) {
  if (const std::optional<ReplicaSize> told = SpecOf(model, container)) return *told;
  const auto runs = [&](ReplicaId id) { return model.replicas()[id].running(); };
  if (container.last_spec && std::ranges::none_of(container.replicas, runs))
    return SizeOf(*container.last_spec);
  return GuessOf(model, container);
}

std::vector<NodeView> NodeViews(const Model& model,
                                const std::function<NodeStanding(const std::string& node)>& standing_of) {
  std::vector<NodeView> views;
  model.nodes().ForEach(
      [&](NodeId, const Node& node) { views.push_back(ViewOf(node, standing_of(node.name))); });
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
