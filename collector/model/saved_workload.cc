#include "collector/model/saved_workload.h"

#include <algorithm>

#include "collector/model/saved_node.h"

namespace loadline::collector {

namespace fb = state::fb;
using flatbuffers::Offset;
using state::Builder;

namespace {

// ---- a replica

Offset<fb::LiveWindow> WriteLive(Builder& to, const LiveWindow& live) {
  const auto pressure = WritePressure(to, live.pressure);
  const wire::ThrottleWindow& t = live.throttle;
  return fb::CreateLiveWindow(to, state::Ns(live.end), live.length.count(), live.cpu_us,
                              live.run_queue_wait_us, t.periods, t.throttled_periods, t.throttled_us,
                              t.episodes, t.longest_us, pressure);
}

LiveWindow ReadLive(const fb::LiveWindow* from) {
  if (from == nullptr) return {};
  return {.end = state::Instant(from->end_ns()),
          .length = state::Length(from->length_ns()),
          .cpu_us = from->cpu_us(),
          .run_queue_wait_us = from->run_queue_wait_us(),
          .throttle = {.periods = from->periods(),
                       .throttled_periods = from->throttled_periods(),
                       .throttled_us = from->throttled_us(),
                       .episodes = from->episodes(),
                       .longest_us = from->longest_us()},
          .pressure = ReadPressure(from->pressure())};
}

Offset<fb::Memory> WriteMemory(Builder& to, const wire::MemoryWindow& m) {
  return fb::CreateMemory(to, m.current, m.peak, m.anon, m.file, m.kernel, m.shmem, m.inactive_file, m.swap);
}

wire::MemoryWindow ReadMemory(const fb::Memory* from) {
  if (from == nullptr) return {};
  return {.current = from->current(),
          .peak = from->peak(),
          .anon = from->anon(),
          .file = from->file(),
          .kernel = from->kernel(),
          .shmem = from->shmem(),
          .inactive_file = from->inactive_file(),
          .swap = from->swap()};
}

Offset<fb::Capacity> WriteAmounts(Builder& to, const Amounts& amounts) {
  return amounts == Amounts{} ? 0 : fb::CreateCapacity(to, amounts.cpu, amounts.memory);
}

Amounts ReadAmounts(const fb::Capacity* from) {
  return from == nullptr ? Amounts{} : Amounts{.cpu = from->cpu(), .memory = from->memory()};
}

Offset<fb::Spec> WriteSpec(Builder& to, const std::optional<ContainerSpec>& spec) {
  if (!spec) return 0;
  const SizingPolicy& policy = spec->policy;
  const auto least = WriteAmounts(to, policy.least);
  const auto most = WriteAmounts(to, policy.most);
  const flatbuffers::Optional<double> knob =
      policy.knob ? flatbuffers::Optional<double>(*policy.knob) : flatbuffers::nullopt;
  const auto alerts = state::Repeated(to, spec->alerts);
  return fb::CreateSpec(to, spec->request.cpu, spec->request.memory, spec->limit.cpu, spec->limit.memory,
                        spec->pod_limit.cpu, spec->pod_limit.memory, spec->shares_pod_request,
                        static_cast<std::uint8_t>(spec->qos), static_cast<std::uint8_t>(spec->kind),
                        spec->max_heap, least, most, knob, policy.limits_stay, alerts, spec->huge_pages);
}

wire::QosClass ReadQos(std::uint8_t from) {
  return from <= static_cast<std::uint8_t>(wire::QosClass::kBestEffort) ? static_cast<wire::QosClass>(from)
                                                                        : wire::QosClass::kNone;
}

SizingPolicy ReadPolicy(const fb::Spec& from) {
  SizingPolicy policy{.least = ReadAmounts(from.least()),
                      .most = ReadAmounts(from.most()),
                      .limits_stay = from.limits_stay()};
  if (from.knob()) policy.knob = state::Amount(*from.knob());
  return policy;
}

ContainerKind ReadKind(std::uint8_t from) {
  return from <= static_cast<std::uint8_t>(ContainerKind::kEphemeral) ? static_cast<ContainerKind>(from)
                                                                      : ContainerKind::kMain;
}

std::optional<ContainerSpec> ReadSpec(const fb::Spec* from) {
  if (from == nullptr) return std::nullopt;
  return ContainerSpec{.request = {.cpu = from->cpu_request(), .memory = from->memory_request()},
                       .limit = {.cpu = from->cpu_limit(), .memory = from->memory_limit()},
                       .pod_limit = {.cpu = from->pod_cpu_limit(), .memory = from->pod_memory_limit()},
                       .shares_pod_request = from->shares_pod_request(),
                       .qos = ReadQos(from->qos()),
                       .kind = ReadKind(from->kind()),
                       .policy = ReadPolicy(*from),
                       .max_heap = from->max_heap(),
                       .huge_pages = from->huge_pages(),
                       .alerts = state::Text(from->alerts())};
}

auto WriteRecent(Builder& to, const RecentWindows& recent) {
  return state::Tables<fb::RecentWindow>(to, recent.OldestFirst(), [&](const RecentWindows::Window& window) {
    return fb::CreateRecentWindow(to, window.end_s, window.length_ms, window.periods,
                                  window.throttled_periods, window.memory_stall_ms, window.used_ms,
                                  window.stopped_ms);
  });
}

Offset<fb::Trail> WriteTrail(Builder& to, const Trail& trail) {
  if (trail.empty()) return 0;
  std::vector<std::uint32_t> at_s;
  std::vector<float> values;
  for (const Trail::Point& point : trail.Points()) {
    at_s.push_back(point.at_s);
    values.push_back(point.value);
  }
  return fb::CreateTrailDirect(to, &at_s, &values);
}

Trail ReadTrail(const fb::Trail* from) {
  Trail trail;
  if (from == nullptr || from->at_s() == nullptr || from->values() == nullptr) return trail;
  std::vector<Trail::Point> points;
  for (flatbuffers::uoffset_t i = 0; i < std::min(from->at_s()->size(), from->values()->size()); ++i)
    points.push_back({from->at_s()->Get(i), from->values()->Get(i)});
  trail.Restore(points);
  return trail;
}

Offset<fb::Replica> WriteReplica(Builder& to, const std::string& node, std::uint32_t ref,
                                 const Replica& replica) {
  const auto node_name = state::Repeated(to, node);
  const auto path = state::Text(to, replica.path);
  const auto pod = state::Repeated(to, replica.pod);
  const auto live = WriteLive(to, replica.live);
  const auto memory = WriteMemory(to, replica.memory);
  const auto limits = WriteLimits(to, replica.limits);
  const auto recent = WriteRecent(to, replica.recent);
  const auto working_set = WriteTrail(to, replica.working_set);
  const auto usage = replica.usage.Write(to);
  const auto spec = WriteSpec(to, replica.spec);
  const auto pages = [&](Bytes wire::HugePagesWindow::* what) -> flatbuffers::Optional<std::int64_t> {
    if (!replica.huge_pages) return flatbuffers::nullopt;
    return (*replica.huge_pages).*what;
  };
  return fb::CreateReplica(to, node_name, ref, path, pod, state::Ns(replica.first_seen), live, memory, limits,
                           recent, working_set, usage, spec, static_cast<std::uint8_t>(replica.qos),
                           pages(&wire::HugePagesWindow::held), pages(&wire::HugePagesWindow::limit),
                           replica.cpu_bounds.cpus, replica.cpu_bounds.burst_us);
}

std::optional<wire::HugePagesWindow> ReadHugePages(const fb::Replica& from) {
  if (!from.huge_pages_held()) return std::nullopt;
  return wire::HugePagesWindow{.held = *from.huge_pages_held(), .limit = from.huge_pages_limit().value_or(0)};
}

Replica ReadReplica(const fb::Replica& from) {
  Replica replica{.ref = from.ref(),
                  .path = state::Text(from.path()),
                  .pod = state::Text(from.pod()),
                  .first_seen = state::Instant(from.first_seen_ns()),
                  .live = ReadLive(from.live()),
                  .memory = ReadMemory(from.memory()),
                  .limits = ReadLimits(from.limits()),
                  .cpu_bounds = {.cpus = from.cpus(), .burst_us = from.cpu_burst_us()},
                  .huge_pages = ReadHugePages(from),
                  .spec = ReadSpec(from.spec()),
                  .qos = ReadQos(from.qos()),
                  .working_set = ReadTrail(from.working_set())};
  state::EachTable(from.recent(), [&](const fb::RecentWindow& window) {
    replica.recent.Add({.end_s = window.end_s(),
                        .length_ms = window.length_ms(),
                        .periods = window.periods(),
                        .throttled_periods = window.throttled_periods(),
                        .memory_stall_ms = window.memory_stall_ms(),
                        .used_ms = window.used_ms(),
                        .stopped_ms = window.stopped_ms()});
  });
  return replica;
}

// ---- a container

Offset<fb::History> WriteHistory(Builder& to, const UsageHistory& history) {
  if (history.empty()) return 0;
  std::vector<std::int64_t> at_ms;
  std::vector<float> cpu_cores;
  std::vector<float> memory_bytes;
  std::vector<float> throttled_share;
  for (const UsagePoint& point : history.Points()) {
    at_ms.push_back(point.at_ms);
    cpu_cores.push_back(point.cpu_cores);
    memory_bytes.push_back(point.memory_bytes);
    throttled_share.push_back(point.throttled_share);
  }
  return fb::CreateHistoryDirect(to, &at_ms, &cpu_cores, &memory_bytes, &throttled_share);
}

void ReadHistory(const fb::History* from, UsageHistory& history) {
  if (from == nullptr || from->at_ms() == nullptr) return;
  const auto value = [](const flatbuffers::Vector<float>* values, flatbuffers::uoffset_t i) {
    return values != nullptr && i < values->size() ? state::Amount(values->Get(i)) : 0;
  };
  for (flatbuffers::uoffset_t i = 0; i < from->at_ms()->size(); ++i) {
    history.Add({.at_ms = from->at_ms()->Get(i),
                 .cpu_cores = value(from->cpu_cores(), i),
                 .memory_bytes = value(from->memory_bytes(), i),
                 .throttled_share = value(from->throttled_share(), i)});
  }
}

Offset<fb::Container> WriteContainer(Builder& to, const Model& model, const Container& container,
                                     const std::function<std::uint32_t(ReplicaId)>& ref_of) {
  const auto name = state::Repeated(to, container.name);
  const auto past = container.past != nullptr ? container.past->Write(to) : Offset<fb::Usage>();
  const auto class_pasts =
      state::Tables<fb::ClassPast>(to, container.class_pasts, [&](const Container::ClassPast& one) {
        const auto node_class = state::Repeated(to, one.node_class);
        const auto usage = one.usage.Write(to);
        return fb::CreateClassPast(to, node_class, usage);
      });
  const auto taken_over =
      container.taken_over != nullptr ? container.taken_over->Write(to) : Offset<fb::Usage>();
  std::vector<std::int64_t> kills;
  for (const Wall at : container.recent_kills) kills.push_back(state::Ns(at));
  const auto recent_kills = state::Numbers(to, kills);
  const auto history = WriteHistory(to, container.history);
  std::vector<std::uint64_t> totals;
  for (const auto& row : wire::kCounters) totals.push_back(container.counters[row.counter]);
  const auto events = state::Numbers(to, totals);
  const auto replicas = state::Tables<fb::Replica>(to, container.replicas, [&](ReplicaId id) {
    const Replica& replica = model.replicas()[id];
    return WriteReplica(to, model.nodes()[replica.node].name, ref_of(id), replica);
  });
  return fb::CreateContainer(to, name, state::Ns(container.first_seen), state::Ns(container.last_seen), past,
                             class_pasts, taken_over, container.cpu_us, container.periods,
                             container.throttled_periods, container.throttled_us, container.oom_kills,
                             recent_kills, container.peak, container.peak_before, container.peak_hour,
                             container.open_slot, history, replicas, container.oom_victims, events);
}

// Counts in `damaged` what cannot be taken.
class ContainerReader {
 public:
  ContainerReader(Model& model, std::uint64_t& damaged) : model_(model), damaged_(damaged) {}

  void Read(WorkloadId workload, const fb::Container& from) {
    Container container{.name = state::Text(from.name()),
                        .first_seen = state::Instant(from.first_seen_ns()),
                        .last_seen = state::Instant(from.last_seen_ns()),
                        .past = Usage(from.past()),
                        .taken_over = Usage(from.taken_over()),
                        .cpu_us = from.cpu_us(),
                        .periods = from.periods(),
                        .throttled_periods = from.throttled_periods(),
                        .throttled_us = from.throttled_us(),
                        .oom_kills = from.oom_kills(),
                        .oom_victims = from.oom_victims(),
                        .peak = from.peak(),
                        .peak_before = from.peak_before(),
                        .peak_hour = from.peak_hour(),
                        .open_slot = from.open_slot()};
    state::EachTable(from.class_pasts(), [&](const fb::ClassPast& past) {
      if (std::unique_ptr<ContainerUsage> usage = Usage(past.usage()))
        container.class_pasts.push_back({state::Text(past.node_class()), std::move(*usage)});
    });
    for (const std::int64_t at : state::Numbers(from.recent_kills_ns())) {
      if (container.recent_kills.size() < Container::kRecentKills)
        container.recent_kills.push_back(state::Instant(at));
    }
    const auto events = state::Numbers(from.events());
    for (std::size_t i = 0; i < std::min<std::size_t>(events.size(), std::size(wire::kCounters)); ++i)
      container.counters[wire::kCounters[i].counter] = events[i];
    ReadHistory(from.history(), container.history);
    const std::optional<ContainerId> id = model_.Restore(workload, std::move(container));
    if (!id) {
      ++damaged_;
      return;
    }
    state::EachTable(from.replicas(), [&](const fb::Replica& saved) {
      Replica replica = ReadReplica(saved);
      if (std::unique_ptr<ContainerUsage> usage = Usage(saved.usage())) replica.usage = std::move(*usage);
      if (!model_.Restore(*id, state::Text(saved.node()), std::move(replica))) ++damaged_;
    });
  }

 private:
  // Null for none, and for what is damaged.
  std::unique_ptr<ContainerUsage> Usage(const fb::Usage* from) {
    if (from == nullptr) return nullptr;
    std::optional<ContainerUsage> usage = ContainerUsage::Read(*from);
    if (usage) return std::make_unique<ContainerUsage>(std::move(*usage));
    ++damaged_;
    return nullptr;
  }

  Model& model_;
  std::uint64_t& damaged_;
};

}  // namespace

Offset<fb::Workload> WriteWorkload(Builder& to, const Model& model, const Workload& workload,
                                   const std::function<std::uint32_t(ReplicaId)>& ref_of) {
  const auto id = state::Text(to, workload.id);
  const auto namespace_name = state::Repeated(to, workload.namespace_name);
  const auto kind = state::Repeated(to, workload.kind);
  const auto name = state::Repeated(to, workload.name);
  const auto containers = state::Tables<fb::Container>(to, workload.containers, [&](ContainerId container) {
    return WriteContainer(to, model, model.containers()[container], ref_of);
  });
  return fb::CreateWorkload(to, id, namespace_name, kind, name, containers);
}

std::uint64_t ReadWorkload(const fb::Workload& from, Model& model) {
  std::uint64_t damaged = 0;
  const std::optional<WorkloadId> workload = model.Restore({.id = state::Text(from.id()),
                                                            .namespace_name = state::Text(from.namespace_()),
                                                            .kind = state::Text(from.kind()),
                                                            .name = state::Text(from.name())});
  if (!workload) return 1;
  state::EachTable(from.containers(), [&](const fb::Container& container) {
    ContainerReader(model, damaged).Read(*workload, container);
  });
  return damaged;
}

}  // namespace loadline::collector
