#include "collector/model/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "collector/model/capacity.h"
#include "schemas/base/saturating.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

// A point of the history.
constexpr Duration kSlot = 10s;
constexpr Duration kGap = 10min;
constexpr std::size_t kMaxHappenings = 200;
constexpr std::ptrdiff_t kMaxHappeningsOfANode = 100;

// So near an agent's next number is most often found sooner by looking than by searching.
constexpr int kNearby = 8;

using Refs = std::map<std::uint32_t, ReplicaId>;

// The first number from `from` on that is not below `ref`.
Refs::const_iterator SeekForward(const Refs& refs, Refs::const_iterator from, std::uint32_t ref) {
  for (int step = 0; step < kNearby; ++step, ++from) {
    if (from == refs.end() || from->first >= ref) return from;
  }
  return refs.lower_bound(ref);
}

template <typename To>
To Saturate(std::uint64_t value) {
  return static_cast<To>(std::min<std::uint64_t>(value, std::numeric_limits<To>::max()));
}

void Add(wire::LossCounts& sum, const wire::LossCounts& more) {
  sum.ring_full += more.ring_full;
  sum.map_full += more.map_full;
  sum.unknown_cgroup += more.unknown_cgroup;
  sum.bad_event += more.bad_event;
  sum.failed_readings += more.failed_readings;
  sum.missed_samples += more.missed_samples;
  sum.spool_dropped_reports += more.spool_dropped_reports;
  sum.spool_dropped_events += more.spool_dropped_events;
}

RecentWindows::Window Recent(const LiveWindow& live) {
  return {static_cast<std::uint32_t>(live.end.time_since_epoch() / 1s),
          Saturate<std::uint16_t>(live.length / 1ms), Saturate<std::uint16_t>(live.throttle.periods),
          Saturate<std::uint16_t>(live.throttle.throttled_periods),
          Saturate<std::uint16_t>(live.pressure.memory_some_us / 1000)};
}

CpuSample CpuOf(const LiveWindow& live, std::span<const wire::CpuWindow::Bin> bins, MilliCores limit) {
  return {.at = live.end,
          .interval = live.length,
          .usage_cores = live.cpu_us * 1e-6 / Seconds(live.length),
          .one_second = bins,
          .limit = limit,
          .periods = live.throttle.periods,
          .throttled_periods = live.throttle.throttled_periods,
          .throttled_seconds = static_cast<double>(live.throttle.throttled_us) * 1e-6,
          .run_queue_wait_seconds = live.run_queue_wait_us * 1e-6};
}

MemorySample MemoryOf(const Replica& replica, const wire::ContainerWindow& window) {
  const wire::MemoryWindow& memory = replica.memory;
  return {.at = replica.live.end,
          .interval = replica.live.length,
          .working_set = std::max<Bytes>(memory.current - memory.inactive_file, 0),
          .peak = memory.peak,
          .anon = memory.anon,
          .file = memory.file,
          .kernel = memory.kernel,
          .shmem = memory.shmem,
          .limit = replica.limits.memory_limit,
          .pressure_some_seconds = replica.live.pressure.memory_some_us * 1e-6,
          .refaults = window.memory_events ? window.memory_events->refaults : 0};
}

}  // namespace

Applied Model::Apply(const ModelInput& input) {
  Applied applied;
  // Forgetting follows the records' time, so that a replay forgets at the same points.
  const Duration since_last = input.received - last_received_;
  last_received_ = input.received;
  const std::int64_t minute = input.received.time_since_epoch() / 1min;
  if (since_last > kGap || since_last < -kGap) {
    // The collector was away, or its clock was set: that others were not heard proves nothing until they have
    // had time to speak.
    expired_minute_ = minute + kGap / 1min;
  } else if (minute > expired_minute_) {
    expired_minute_ = minute;
    Expire(input.received);
  }
  const NodeId node = NodeFor(input);
  if (const auto* report = std::get_if<wire::Report>(&input.record.body)) {
    ApplyReport(node, *report, input.received);
  } else {
    const auto& event = std::get<wire::Event>(input.record.body);
    if (const auto* kill = std::get_if<wire::OomKill>(&event))
      ApplyKill(node, *kill, input.received, applied);
    if (const auto* stall = std::get_if<wire::MemoryStall>(&event))
      ApplyStall(node, *stall, input.received, applied);
  }
  return applied;
}

NodeId Model::AddNode(std::string_view name, Wall now) {
  const NodeId id = nodes_.Add({});
  Node& node = nodes_[id];
  node.name = name;
  node.first_seen = now;
  node_by_name_.emplace(node.name, id);
  return id;
}

NodeId Model::NodeFor(const ModelInput& input) {
  const auto known = node_by_name_.find(input.node);
  const NodeId id = known != node_by_name_.end() ? known->second : AddNode(input.node, input.received);
  Node& node = nodes_[id];
  const std::uint64_t sequence = input.record.sequence;
  if (node.epoch != input.epoch) {
    // Another start of the agent: its numbers mean nothing any more. What it passed over before its first
    // record that came is missing, unless we are the ones who are new here.
    if (node.epoch != 0) node.missing_records += sequence - 1;
    node.epoch = input.epoch;
    node.refs.clear();
    node.told_all = false;
  } else {
    if (sequence > node.last_sequence + 1) node.told_all = false;
    node.missing_records += sequence - std::min(sequence, node.last_sequence + 1);
  }
  node.boot_id = input.boot_id;
  node.last_sequence = sequence;
  node.last_record = input.received;
  return id;
}

void Model::Greet(const wire::Hello& hello, Wall now) {
  const auto known = node_by_name_.find(hello.node);
  Node& node = nodes_[known != node_by_name_.end() ? known->second : AddNode(hello.node, now)];
  node.agent_version = hello.agent_version;
  node.kernel_version = hello.kernel_version;
  node.capacity = hello.capacity;
  node.signals = hello.signals;
  if (node.boot_id.empty()) node.boot_id = hello.boot_id;
}

void Model::Locate(const std::function<std::optional<NodeTold>(const std::string&)>& told_of, Wall now) {
  nodes_.ForEach([&](NodeId, Node& node) {
    std::optional<NodeTold> told = told_of(node.name);
    if (!told) return;
    node.place = std::move(told->place);
    node.told.Tell(told->capacity, now);
  });
}

const Node* Model::FindNode(std::string_view name) const {
  const auto known = node_by_name_.find(name);
  return known == node_by_name_.end() ? nullptr : &nodes_[known->second];
}

std::string Node::Class() const {
  // An agent could put itself into a class of its own.
  const bool is_told = told.now.cpu > 0 && told.now.memory > 0;
  const wire::NodeCapacity& has = is_told ? told.now : capacity;
  if (has.cpu <= 0 || has.memory <= 0) return {};
  // Machines of one kind differ by what their firmware and kernel keep for themselves.
  return fmt::format("{} CPUs, {:.0f} GiB", (has.cpu + 999) / 1000,
                     std::ceil(static_cast<double>(has.memory) / static_cast<double>(kGiB)));
}

Wall Model::Clamp(std::int64_t node_time_ns, Wall received) const {
  // A node's clock may be wrong. Ahead of ours it is certainly; far behind it is not believed either.
  const Wall at{Duration(node_time_ns)};
  return at > received || at < received - options_.forget_after ? received : at;
}

void Model::ApplyReport(NodeId id, const wire::Report& report, Wall received) {
  Node& node = nodes_[id];
  const Wall end = Clamp(report.window_end_ns, received);
  const Duration length = std::clamp<Duration>(Duration(report.window_end_ns - report.window_start_ns), 1ms,
                                               std::chrono::hours(1));
  const bool taken = end <= node.window_end || MayBegin(node, end) || !Bounded(node);
  if (!taken) {
    // What its numbers mean is known all the same, or nothing would fit any more.
    Refuse(id, &RefusedCounts::windows);
    for (const wire::CgroupIdentity& identity : report.identities) Identify(id, identity, end);
    End(id, report.gone);
    return;
  }
  if (end > node.window_end) BeginWindow(node, end, length);
  Add(node.losses, report.losses);
  Add(node.last_losses, report.losses);
  node.last = report.node;
  if (report.agent_rss != 0) node.agent_rss = report.agent_rss;
  node.agent_cpu_us += report.agent_cpu_us;

  for (const wire::CgroupIdentity& identity : report.identities) Identify(id, identity, end);
  Refs::const_iterator ref = node.refs.begin();
  for (const wire::ContainerWindow& window : report.containers) {
    ref = SeekForward(node.refs, ref, window.ref);
    if (ref == node.refs.end() || ref->first != window.ref) {
      ++unknown_refs_;
      ++node.refused.figures;
    } else if (ref->second == Node::kWholeMachine) {
      node.cpu_us = window.cpu ? window.cpu->usage_us : 0;
      if (window.memory) node.machine_memory = *window.memory;
    } else if (ref->second != Node::kIgnored && IsBeyond(node.told.At(end), window, length)) {
      RefuseWindow(ref->second, end, length);
    } else if (ref->second != Node::kIgnored) {
      Measure(ref->second, window, end, length);
    }
  }
  End(id, report.gone);
  if (!report.more) CloseWindow(node);
}

void Model::End(NodeId id, const std::vector<std::uint32_t>& gone) {
  auto& refs = nodes_[id].refs;
  for (const std::uint32_t ref : gone) {
    const auto it = refs.find(ref);
    if (it == refs.end()) continue;
    const ReplicaId replica = it->second;
    refs.erase(it);
    if (replica < Node::kWholeMachine) Fold(replica);
  }
}

void Model::BeginWindow(Node& node, Wall end, Duration length) {
  CloseWindow(node);
  node.window_end = end;
  node.window_length = length;
  node.window_open = true;
  node.births = std::exchange(node.told_all, true);
  node.cpu_us = 0;
  node.agent_cpu_us = 0;
  node.last_losses = {};
}

void Model::CloseWindow(Node& node) {
  static const wire::ContainerWindow kIdle{};
  if (!std::exchange(node.window_open, false)) return;
  for (const auto& [ref, replica] : node.refs) {
    if (replica < Node::kWholeMachine && replicas_[replica].live.end < node.window_end) {
      Measure(replica, kIdle, node.window_end, node.window_length);
    }
  }
  WeighMemory(node);
}

void Model::Identify(NodeId id, const wire::CgroupIdentity& identity, Wall at) {
  if (const Node& node = nodes_[id];
      Bounded(node) && node.refs.size() >= options_.node_cgroups && !node.refs.contains(identity.ref)) {
    return Refuse(id, &RefusedCounts::cgroups);
  }
  ReplicaId replica = Node::kIgnored;
  if (identity.kind == wire::CgroupKind::kRoot) {
    replica = Node::kWholeMachine;
  } else if (identity.sub_path.empty()) {
    replica = ReplicaFor(id, identity, at, NameQuestion::Haste::kBorn);
  }
  auto& refs = nodes_[id].refs;
  if (replica < Node::kWholeMachine) {
    // A path that died and is born again is the same replica by another number, and the end of the old
    // number, which may be told later, must not end it.
    const std::uint32_t before = std::exchange(replicas_[replica].ref, identity.ref);
    if (before != identity.ref && nodes_[id].births) {
      replicas_[replica].usage.Started(at - nodes_[id].window_length);
    }
    const auto old = refs.find(before);
    if (before != identity.ref && old != refs.end() && old->second == replica) refs.erase(old);
  }
  refs.insert_or_assign(refs.end(), identity.ref, replica);
}

void Model::Measure(ReplicaId id, const wire::ContainerWindow& window, Wall end, Duration length) {
  Replica& replica = replicas_[id];
  Container& container = containers_[replica.container];
  CloseSlot(container, end);
  LiveWindow& live = replica.live;
  live = {.end = end,
          .length = length,
          .cpu_us = window.cpu ? window.cpu->usage_us : 0,
          .run_queue_wait_us = window.cpu ? window.cpu->run_queue_wait_us : 0,
          .throttle = window.throttle.value_or(wire::ThrottleWindow{}),
          .pressure = window.pressure.value_or(wire::PressureWindow{})};
  if (window.memory) {
    replica.memory = *window.memory;
  } else {
    replica.memory.peak = replica.memory.current;
  }
  if (window.limits) replica.limits = *window.limits;
  replica.recent.Add(Recent(live));
  if (replica.memory.current > 0) {
    // The most that a window saw: what grows and is killed between two ends of windows is seen too.
    const Bytes most = std::max(replica.memory.peak, replica.memory.current) - replica.memory.inactive_file;
    replica.working_set.Add(end, static_cast<double>(std::max<Bytes>(most, 0)));
  }

  const std::span<const wire::CpuWindow::Bin> bins =
      window.cpu ? BinsWithin(nodes_[replica.node].told.At(end), window.cpu->one_second)
                 : std::span<const wire::CpuWindow::Bin>();
  replica.usage.AddCpu(CpuOf(live, bins, replica.limits.cpu_limit));
  if (replica.memory.current > 0) replica.usage.AddMemory(MemoryOf(replica, window));

  container.last_seen = std::max(container.last_seen, end);
  container.cpu_us += live.cpu_us;
  container.periods += live.throttle.periods;
  container.throttled_periods += live.throttle.throttled_periods;
  container.throttled_us += live.throttle.throttled_us;
  container.peak = std::max(container.peak, replica.memory.peak);
  ++samples_;
  Changed(container);
}

void Model::CloseSlot(Container& container, Wall end) {
  const std::int64_t hour = end.time_since_epoch() / 1h;
  if (hour > container.peak_hour) {
    container.peak_before = hour == container.peak_hour + 1 ? container.peak : 0;
    container.peak = 0;
    container.peak_hour = hour;
  }
  const std::int64_t slot = end.time_since_epoch() / kSlot;
  if (slot <= container.open_slot) return;
  const std::int64_t closed = std::exchange(container.open_slot, slot);
  if (closed == 0) return;
  double cores = 0;
  Bytes memory = 0;
  std::uint64_t periods = 0;
  std::uint64_t throttled = 0;
  for (const ReplicaId id : container.replicas) {
    const Replica& replica = replicas_[id];
    if (!replica.running()) continue;
    cores += replica.live.cpu_us * 1e-6 / Seconds(replica.live.length);
    memory = SaturatingSum(memory, std::max<Bytes>(replica.memory.current - replica.memory.inactive_file, 0));
    periods += replica.live.throttle.periods;
    throttled += replica.live.throttle.throttled_periods;
  }
  container.history.Add({(closed + 1) * (kSlot / 1ms), static_cast<float>(cores), static_cast<float>(memory),
                         periods == 0 ? 0 : static_cast<float>(throttled) / static_cast<float>(periods)});
}

ReplicaId Model::ReplicaFor(NodeId node, const wire::CgroupIdentity& identity, Wall at,
                            NameQuestion::Haste haste) {
  const auto& by_path = nodes_[node].by_path;
  if (const auto it = by_path.find(identity.path); it != by_path.end()) return it->second;
  const std::optional<ContainerName> name = names_.Resolve({nodes_[node].name, identity, haste});
  if (!name || (IsPlainCgroup(name->kind) && HoldsOthers(node, identity.path))) return Node::kIgnored;
  if (!HasRoom(node, identity, *name)) return Node::kIgnored;
  DropHolders(node, identity.path);
  const ContainerId container = ContainerFor(*name, at, node);
  const ReplicaId id = replicas_.Add({});
  Replica& replica = replicas_[id];
  replica.node = node;
  replica.container = container;
  replica.path = identity.path;
  replica.pod = name->pod;
  replica.first_seen = at;
  replica.usage.Keep(options_.samples);
  nodes_[node].by_path.emplace(replica.path, id);
  nodes_[node].name_bytes += replica.path.size();
  name_bytes_ += replica.path.size();
  replica.place = containers_[container].replicas.size();
  containers_[container].replicas.push_back(id);
  Changed(containers_[container]);
  return id;
}

ContainerId Model::ContainerFor(const ContainerName& name, Wall at, NodeId maker) {
  auto known = workload_by_id_.find(name.workload_id);
  if (known == workload_by_id_.end()) {
    const WorkloadId id =
        workloads_.Add({name.workload_id, name.namespace_name, name.kind, name.workload, {}, nullptr});
    known = workload_by_id_.emplace(workloads_[id].id, id).first;
  }
  const auto same = container_by_name_.find({known->second, name.container});
  if (same != container_by_name_.end()) return same->second;
  Workload& workload = workloads_[known->second];
  const ContainerId id = containers_.Add({});
  Container& container = containers_[id];
  container.workload = known->second;
  container.name = name.container;
  container.maker = maker;
  container.first_seen = container.last_seen = at;
  container.place = workload.containers.size();
  workload.containers.push_back(id);
  container_by_name_.emplace(std::pair(known->second, std::string_view(container.name)), id);
  Charge(container, 1);
  return id;
}

void Model::SetRecommendation(ContainerId id, std::shared_ptr<const RecommendationView> recommendation) {
  containers_[id].recommendation = std::move(recommendation);
  Changed(containers_[id]);
}

void Model::AddHappening(HappeningView happening) {
  const auto of_it = [&](const HappeningView& other) { return other.node == happening.node; };
  if (std::ranges::count_if(happenings_, of_it) >= kMaxHappeningsOfANode) {
    happenings_.erase(std::ranges::find_if(happenings_, of_it));
  } else if (happenings_.size() >= kMaxHappenings) {
    happenings_.erase(happenings_.begin());
  }
  happenings_.push_back(std::move(happening));
}

}  // namespace loadline::collector
