#include "collector/web/metrics.h"

#include <fmt/format.h>

#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "collector/advice/advice.h"
#include "collector/web/exposition.h"
#include "schemas/base/time_text.h"
#include "schemas/wire/losses.h"

namespace loadline::collector {
namespace {

// One family: its head, and how to read a sample from what it is about. An absent value is no sample.
template <typename T>
struct Family {
  const char* name;
  const char* type;
  const char* help;
  std::optional<double> (*value)(const T&);
};

using Value = std::optional<double>;

Value Cores(MilliCores amount) {
  return amount > 0 ? Value(static_cast<double>(amount) / 1000) : std::nullopt;
}
Value Positive(Bytes amount) {
  return amount > 0 ? Value(static_cast<double>(amount)) : std::nullopt;
}
Value Number(std::uint64_t count) {
  return static_cast<double>(count);
}
Value Instant(std::optional<Wall> at) {
  return at ? Value(static_cast<double>(UnixMilliseconds(*at)) / 1000) : std::nullopt;
}

// Upstream's and our own use of a recommendation: cores and bytes, as Prometheus wants base units.
template <std::int64_t ResourceAdvice::* bound>
Value AdvisedCores(const ContainerView& c) {
  return c.recommendation ? Value(static_cast<double>(c.recommendation->cpu.*bound) / 1000) : std::nullopt;
}
template <std::int64_t ResourceAdvice::* bound>
Value AdvisedBytes(const ContainerView& c) {
  return c.recommendation ? Value(static_cast<double>(c.recommendation->memory.*bound)) : std::nullopt;
}

constexpr Family<ContainerView> kContainerFamilies[] = {
    {"loadline_container_replicas", "gauge", "Running replicas of the container.",
     [](const ContainerView& c) { return Number(c.replicas); }},
    {"loadline_container_cpu_usage_cores", "gauge", "CPU usage in the last window, sum over all replicas.",
     [](const ContainerView& c) { return Value(c.cpu_cores); }},
    {"loadline_container_cpu_seconds_total", "counter", "CPU time used, sum over all replicas.",
     [](const ContainerView& c) { return Value(c.cpu_seconds_total); }},
    {"loadline_container_cpu_request_cores", "gauge", "CPU request per pod.",
     [](const ContainerView& c) { return Cores(c.cpu_request); }},
    {"loadline_container_cpu_limit_cores", "gauge", "CPU limit per pod.",
     [](const ContainerView& c) { return Cores(c.cpu_limit); }},
    {"loadline_container_cpu_effective_limit_cores", "gauge",
     "Smallest CPU limit that the kernel enforces per pod: of the container, its pod or a slice.",
     [](const ContainerView& c) { return Cores(c.effective_cpu_limit.amount); }},
    {"loadline_container_cfs_periods_total", "counter",
     "CFS enforcement periods of the CPU limit, the container's or its pod's.",
     [](const ContainerView& c) { return Number(c.periods_total); }},
    {"loadline_container_cfs_throttled_periods_total", "counter",
     "CFS periods in which the container was throttled.",
     [](const ContainerView& c) { return Number(c.throttled_periods_total); }},
    {"loadline_container_throttled_seconds_total", "counter", "Time throttled by the CPU limit.",
     [](const ContainerView& c) { return Value(c.throttled_seconds_total); }},
    {"loadline_container_throttled_ratio", "gauge",
     "Share of CFS periods that were throttled in the last window.",
     [](const ContainerView& c) { return Value(c.throttled_share); }},
    {"loadline_container_longest_throttle_seconds", "gauge",
     "Longest single CPU throttle in the last window.",
     [](const ContainerView& c) { return Value(c.longest_throttle_seconds); }},
    {"loadline_container_run_queue_wait_seconds", "gauge",
     "Run-queue latency in the last window: waiting for a CPU while not throttled.",
     [](const ContainerView& c) { return Value(c.run_queue_wait_seconds); }},
    {"loadline_container_memory_working_set_bytes", "gauge", "Memory working set of the largest replica.",
     [](const ContainerView& c) { return Value(static_cast<double>(c.memory_working_set)); }},
    {"loadline_container_memory_peak_bytes", "gauge", "Peak memory usage of one replica in the last hour.",
     [](const ContainerView& c) { return Value(static_cast<double>(c.memory_peak)); }},
    {"loadline_container_memory_request_bytes", "gauge", "Memory request per pod.",
     [](const ContainerView& c) { return Positive(c.memory_request); }},
    {"loadline_container_memory_limit_bytes", "gauge", "Memory limit per pod.",
     [](const ContainerView& c) { return Positive(c.memory_limit); }},
    {"loadline_container_memory_effective_limit_bytes", "gauge",
     "Smallest memory limit that the kernel enforces per pod: of the container, its pod or a slice.",
     [](const ContainerView& c) { return Positive(c.effective_memory_limit.amount); }},
    {"loadline_container_cpu_pressure_ratio", "gauge",
     "Share of the last window with tasks stalled on CPU (PSI some).",
     [](const ContainerView& c) { return Value(c.cpu_pressure); }},
    {"loadline_container_memory_pressure_ratio", "gauge",
     "Share of the last window with tasks stalled on memory (PSI some).",
     [](const ContainerView& c) { return Value(c.memory_pressure); }},
    {"loadline_container_io_pressure_ratio", "gauge",
     "Share of the last window with tasks stalled on I/O (PSI some).",
     [](const ContainerView& c) { return Value(c.io_pressure); }},
    {"loadline_container_memory_pressure_full_ratio", "gauge",
     "Share of the last window with all tasks stalled on memory (PSI full).",
     [](const ContainerView& c) { return Value(c.memory_pressure_full); }},
    {"loadline_container_io_pressure_full_ratio", "gauge",
     "Share of the last window with all tasks stalled on I/O (PSI full).",
     [](const ContainerView& c) { return Value(c.io_pressure_full); }},
    {"loadline_container_memory_swap_bytes", "gauge", "Memory moved out to swap, largest replica.",
     [](const ContainerView& c) { return Positive(c.memory_swap); }},
    {"loadline_container_memory_high_bytes", "gauge", "memory.high per pod, where reclaim begins.",
     [](const ContainerView& c) { return Positive(c.memory_high); }},
    {"loadline_container_processes", "gauge", "Processes and threads, sum over all replicas.",
     [](const ContainerView& c) { return Number(c.processes); }},
    {"loadline_container_oom_kills_total", "counter",
     "OOM kills: decisions of the kernel. A group kill (memory.oom.group) is one.",
     [](const ContainerView& c) { return c.sees_oom_kills ? Number(c.oom_kills) : Value(); }},
    {"loadline_container_oom_victims_total", "counter", "Processes killed by the OOM killer.",
     [](const ContainerView& c) { return c.sees_oom_kills ? Number(c.oom_victims) : Value(); }},
    {"loadline_recommendation_cpu_target_cores", "gauge", "Recommended CPU request per pod.",
     AdvisedCores<&ResourceAdvice::target>},
    {"loadline_recommendation_cpu_lower_cores", "gauge",
     "Lower bound of the recommended CPU request per pod.", AdvisedCores<&ResourceAdvice::lower>},
    {"loadline_recommendation_cpu_upper_cores", "gauge",
     "Upper bound of the recommended CPU request per pod.", AdvisedCores<&ResourceAdvice::upper>},
    {"loadline_recommendation_memory_target_bytes", "gauge", "Recommended memory request per pod.",
     AdvisedBytes<&ResourceAdvice::target>},
    {"loadline_recommendation_memory_lower_bytes", "gauge",
     "Lower bound of the recommended memory request per pod.", AdvisedBytes<&ResourceAdvice::lower>},
    {"loadline_recommendation_memory_upper_bytes", "gauge",
     "Upper bound of the recommended memory request per pod.", AdvisedBytes<&ResourceAdvice::upper>},
};

constexpr Family<NodeView> kNodeFamilies[] = {
    {"loadline_node_last_seen_timestamp_seconds", "gauge", "Time of the node's last heartbeat.",
     [](const NodeView& n) { return Instant(n.last_seen); }},
    {"loadline_node_clock_ahead_seconds", "gauge",
     "How far the node's wall clock is ahead of the collector's; negative when it is behind.",
     [](const NodeView& n) { return n.clock_ahead ? Value(Seconds(*n.clock_ahead)) : Value(); }},
    {"loadline_node_cpu_capacity_cores", "gauge", "CPUs of the node.",
     [](const NodeView& n) { return Cores(n.capacity.cpu); }},
    {"loadline_node_cpu_usage_cores", "gauge", "CPU used in the last window.",
     [](const NodeView& n) { return Value(n.cpu_used_cores); }},
    {"loadline_node_memory_capacity_bytes", "gauge", "Memory of the node.",
     [](const NodeView& n) { return Positive(n.capacity.memory); }},
    {"loadline_node_memory_used_bytes", "gauge", "Memory in use: capacity minus available.",
     [](const NodeView& n) { return Value(static_cast<double>(n.memory_used)); }},
    {"loadline_node_cpu_pressure_ratio", "gauge",
     "Share of the last window with tasks stalled on CPU (PSI some).",
     [](const NodeView& n) { return Value(n.cpu_pressure); }},
    {"loadline_node_memory_pressure_ratio", "gauge",
     "Share of the last window with tasks stalled on memory (PSI some).",
     [](const NodeView& n) { return Value(n.memory_pressure); }},
    {"loadline_node_io_pressure_ratio", "gauge",
     "Share of the last window with tasks stalled on I/O (PSI some).",
     [](const NodeView& n) { return Value(n.io_pressure); }},
    {"loadline_node_containers", "gauge", "Containers on the node.",
     [](const NodeView& n) { return Number(n.containers); }},
    {"loadline_agent_cpu_ratio", "gauge", "CPU usage of the agent, share of one core in the last window.",
     [](const NodeView& n) { return Value(n.agent_cpu_share); }},
    {"loadline_agent_resident_memory_bytes", "gauge", "Resident memory of the agent.",
     [](const NodeView& n) { return Value(static_cast<double>(n.agent_rss)); }},
    {"loadline_agent_backed_off", "gauge",
     "Steps that the agent has gone back to stay within --cpu-budget; 0 when it samples all each second.",
     [](const NodeView& n) { return Number(n.backed_off); }},
    {"loadline_agent_longest_cgroup_lock_seconds", "gauge",
     "Longest time that the agent held the kernel's lock of all cgroups in the last window.",
     [](const NodeView& n) { return Value(n.longest_walk_seconds); }},
    {"loadline_node_cgroups", "gauge", "Cgroups of the node.",
     [](const NodeView& n) { return Positive(n.cgroups); }},
    {"loadline_node_dying_cgroups", "gauge",
     "Removed cgroups that the kernel still holds because memory is charged to them; when it only grows, "
     "something leaks them.",
     [](const NodeView& n) { return n.cgroups > 0 ? Number(n.dying_cgroups) : Value(); }},
    {"loadline_agent_missing_records_total", "counter",
     "Missing records: gaps in the node's sequence numbers.",
     [](const NodeView& n) { return Number(n.missing_records); }},
    {"loadline_node_waiting_bytes", "gauge",
     "Records of the node that are queued because it exceeds its rate limit.",
     [](const NodeView& n) { return Value(static_cast<double>(n.waiting_bytes)); }},
};

constexpr Family<CollectorView> kCollectorFamilies[] = {
    {"loadline_collector_start_time_seconds", "gauge", "When the collector started.",
     [](const CollectorView& c) { return Value(static_cast<double>(UnixMilliseconds(c.started)) / 1000); }},
    {"loadline_records_committed_total", "counter", "Records durably stored.",
     [](const CollectorView& c) { return Number(c.records_committed); }},
    {"loadline_records_duplicate_total", "counter", "Duplicate records, stored before.",
     [](const CollectorView& c) { return Number(c.records_duplicate); }},
    {"loadline_container_samples_total", "counter", "Container samples ingested.",
     [](const CollectorView& c) { return Number(c.container_samples); }},
    {"loadline_agent_connections", "gauge", "Connections to the agents' port.",
     [](const CollectorView& c) { return Number(c.agent_connections); }},
    {"loadline_agent_hellos_too_soon_total", "counter",
     "Hellos dropped because the agent reconnects too often.",
     [](const CollectorView& c) { return Number(c.hellos_too_soon); }},
    {"loadline_agent_sessions_ended_total", "counter",
     "Agent sessions ended because their token expired or was revoked.",
     [](const CollectorView& c) { return Number(c.ended_sessions); }},
    {"loadline_queue_refused_total", "counter", "Backpressure: records deferred because the queue was full.",
     [](const CollectorView& c) { return Number(c.queue_refused); }},
    {"loadline_store_commits_total", "counter", "Commits of the store; each is an fsync.",
     [](const CollectorView& c) { return Number(c.store_commits); }},
    {"loadline_alerts_refused_total", "counter",
     "Alerts that found the book full, or their node's share of it, each time they were found.",
     [](const CollectorView& c) { return Number(c.alerts_refused); }},
    {"loadline_alerts_posted_as_ours_total", "counter",
     "Posted alerts that are open here as the collector's own, by all their labels: left out.",
     [](const CollectorView& c) { return Number(c.alerts_posted_as_ours); }},
    {"loadline_store_bytes", "gauge", "Size of the store on disk.",
     [](const CollectorView& c) { return Value(static_cast<double>(c.store_bytes)); }},
    {"loadline_store_writable", "gauge", "1 when the store is writable, 0 when it is not.",
     [](const CollectorView& c) { return Value(c.store_writable ? 1 : 0); }},
    {"loadline_store_set_aside", "gauge",
     "1 while a damaged store is kept beside this one, which began anew when that was found.",
     [](const CollectorView& c) { return Value(c.store_set_aside.empty() ? 0 : 1); }},
    {"loadline_state_left_out", "gauge",
     "Parts of the saved state that could not be read at the last start: of a later version, or damaged.",
     [](const CollectorView& c) { return Number(c.state_left_out); }},
    {"loadline_alert_changes_owed", "gauge",
     "Changes of alerts, timers and silences that the store has not taken; kept in memory until it does.",
     [](const CollectorView& c) { return Number(c.alert_changes_owed); }},
    {"loadline_alert_changes_coalesced_total", "counter",
     "Such changes that a newer one of the same thing took the place of before they were stored.",
     [](const CollectorView& c) { return Number(c.alert_changes_coalesced); }},
    {"loadline_recommend_pass_seconds", "gauge", "Duration of the last full recommendation run.",
     [](const CollectorView& c) { return Value(c.last_pass_seconds); }},
};

constexpr Family<ReceiverView> kReceiverFamilies[] = {
    {"loadline_sink_delivered_total", "counter", "Notifications delivered.",
     [](const ReceiverView& r) { return Number(r.delivered); }},
    {"loadline_sink_retried_total", "counter", "Failed attempts that were retried.",
     [](const ReceiverView& r) { return Number(r.retried); }},
    {"loadline_sink_refused_total", "counter", "Notifications that failed permanently.",
     [](const ReceiverView& r) { return Number(r.refused); }},
    {"loadline_sink_refused_items_total", "counter",
     "Parts of notifications (rows, recipients) that failed permanently.",
     [](const ReceiverView& r) { return Number(r.refused_items); }},
    {"loadline_sink_waiting", "gauge", "Notifications queued.",
     [](const ReceiverView& r) { return Number(r.waiting); }},
    {"loadline_sink_failing", "gauge", "Consecutive failed attempts; 0 when the last one succeeded.",
     [](const ReceiverView& r) { return Number(r.failing); }},
    {"loadline_sink_paused_until_timestamp_seconds", "gauge",
     "When the receiver is tried again after a failure or an exhausted quota. Absent when it is not paused.",
     [](const ReceiverView& r) { return Instant(r.paused_until); }},
    {"loadline_sink_waiting_since_timestamp_seconds", "gauge",
     "Creation time of the oldest queued notification. Absent when none is queued.",
     [](const ReceiverView& r) { return Instant(r.waiting_since); }},
};

constexpr Family<WatchView> kWatchFamilies[] = {
    {"loadline_kube_watch_age_seconds", "gauge",
     "Time since the last list or event of these objects from the API server.",
     [](const WatchView& w) { return Value(w.age_seconds); }},
    {"loadline_kube_watch_lists_total", "counter", "List requests for these objects.",
     [](const WatchView& w) { return Number(w.lists); }},
    {"loadline_kube_watch_streams_total", "counter", "Watch requests for these objects.",
     [](const WatchView& w) { return Number(w.streams); }},
    {"loadline_kube_watch_events_total", "counter", "Watch events received.",
     [](const WatchView& w) { return Number(w.events); }},
    {"loadline_kube_watch_expired_total", "counter", "Watches that expired (410 Gone).",
     [](const WatchView& w) { return Number(w.expired); }},
    {"loadline_kube_watch_failures_total", "counter", "Requests that failed.",
     [](const WatchView& w) { return Number(w.failures); }},
};

// Whoever scrapes has ten seconds, and keeps what it reads. Where a node can be told it takes no other's
// room.
constexpr std::size_t kMostContainers = 100'000;
constexpr std::size_t kMostOfANode = 2'000;
constexpr std::size_t kMostLabelBytes = 1024;

struct Labelled {
  std::string labels;
  const ContainerView* container;
};

// Escaped once here, not once a family. Where its replicas run is no label of a container: the series would
// be another one whenever a pod moves, and a counter begin anew.
std::vector<Labelled> LabelledContainers(const Snapshot& snapshot, std::uint64_t& left_out) {
  std::vector<Labelled> result;
  std::map<std::string_view, std::size_t> of_node;
  for (const auto& workload : snapshot.workloads) {
    const std::string_view node = workload->nodes.size() == 1 ? std::string_view(workload->nodes[0]) : "";
    for (const ContainerView& container : workload->containers) {
      std::string labels = LabelText({{"workload", workload->id},
                                      {"namespace", workload->namespace_name},
                                      {"container", container.name}});
      const bool many = result.size() >= kMostContainers || (!node.empty() && of_node[node] >= kMostOfANode);
      if (many || labels.size() > kMostLabelBytes) {
        ++left_out;
        continue;
      }
      if (!node.empty()) ++of_node[node];
      result.push_back({std::move(labels), &container});
    }
  }
  return result;
}

void WriteContainers(const Snapshot& snapshot, Exposition& out) {
  std::uint64_t left_out = 0;
  const std::vector<Labelled> containers = LabelledContainers(snapshot, left_out);
  out.Family("loadline_metrics_containers_left_out", "gauge",
             "Containers without samples here: beyond 2,000 of one node or 100,000 of all, or with labels "
             "longer than 1 KiB.");
  out.Sample("", static_cast<double>(left_out));
  for (const auto& family : kContainerFamilies) {
    out.Family(family.name, family.type, family.help);
    for (const Labelled& one : containers) {
      if (const Value value = family.value(*one.container)) out.Sample(one.labels, *value);
    }
    if (!out.open()) return;
  }
  out.Family("loadline_container_events_total", "counter",
             "Events of the container by kind, such as memory_high_events, memory_max_events or "
             "process_exits; a kind "
             "without any is left out.");
  for (const Labelled& one : containers) {
    for (const EventTotal& total : kEventTotals) {
      const std::uint64_t count = one.container->events.*total.count;
      if (count > 0 && !total.own_family)
        out.Sample(one.labels + "," + LabelText({{"event", total.name}}), static_cast<double>(count));
    }
  }
  if (!out.open()) return;
  for (const EventTotal& total : kEventTotals) {
    if (!total.own_family) continue;
    out.Family(fmt::format("loadline_container_{}_total", total.name), "counter", total.meaning);
    for (const Labelled& one : containers) {
      if (const std::uint64_t count = one.container->events.*total.count; count > 0)
        out.Sample(one.labels, static_cast<double>(count));
    }
    if (!out.open()) return;
  }
  out.Family(
      "loadline_container_info", "gauge",
      "QoS class of the container's pod, and who says what it asks for (spec, pod or guess); always 1.");
  for (const Labelled& one : containers) {
    const std::string what = LabelText({{"qos_class", KubernetesName(one.container->qos)},
                                        {"request_source", Name(one.container->request_source)}});
    out.Sample(one.labels + "," + what, 1);
  }
}

void WriteWhere(const Snapshot& snapshot, Exposition& out) {
  out.Family("loadline_workload_node_info", "gauge",
             "The nodes that the workload runs on, a sample for each; always 1. The first 100,000.");
  std::size_t written = 0;
  for (const auto& workload : snapshot.workloads) {
    for (const std::string& node : workload->nodes) {
      const std::string labels =
          LabelText({{"workload", workload->id}, {"namespace", workload->namespace_name}, {"node", node}});
      if (labels.size() > kMostLabelBytes) continue;
      if (++written > kMostContainers) return;
      out.Sample(labels, 1);
    }
  }
}

void WriteNodes(const Snapshot& snapshot, Exposition& out) {
  out.Family("loadline_node_state", "gauge",
             "1 for the state that the node is in (reporting, stale or silent), 0 for the others.");
  for (const NodeView& node : snapshot.nodes) {
    for (const NodeState state : {NodeState::kReady, NodeState::kStale, NodeState::kSilent}) {
      out.Sample(LabelText({{"node", node.name}, {"state", Name(state)}}), node.state == state ? 1 : 0);
    }
  }
  out.Family("loadline_node_info", "gauge",
             "Pool, zone, instance type, kernel and agent version of the node; always 1.");
  for (const NodeView& node : snapshot.nodes) {
    out.Sample(LabelText({{"node", node.name},
                          {"pool", node.place.pool},
                          {"zone", node.place.zone},
                          {"instance_type", node.place.instance_type},
                          {"kernel", node.kernel_version},
                          {"agent_version", node.agent_version}}),
               1);
  }
  out.Family("loadline_node_signal_info", "gauge",
             "How the agent collects each signal on the node, and why not by a better method; always 1. What "
             "depends on a "
             "signal whose method is off has no metrics.");
  for (const NodeView& node : snapshot.nodes) {
    for (const wire::SignalRung& signal : node.signals) {
      out.Sample(LabelText({{"node", node.name},
                            {"signal", Name(signal.signal)},
                            {"method", Name(signal.rung)},
                            {"reason", signal.why}}),
                 1);
    }
  }
  for (const auto& family : kNodeFamilies) {
    out.Family(family.name, family.type, family.help);
    for (const NodeView& node : snapshot.nodes) {
      if (const Value value = family.value(node)) out.Sample(LabelText({{"node", node.name}}), *value);
    }
  }
  out.Family("loadline_node_condition", "gauge",
             "Conditions of the node that hold, by its kernel's log; always 1.");
  for (const NodeView& node : snapshot.nodes) {
    for (const NodeFinding& finding : node.findings) {
      if (finding.condition.empty()) continue;
      out.Sample(
          LabelText({{"node", node.name}, {"condition", finding.condition}, {"reason", finding.reason}}), 1);
    }
  }
  out.Family(
      "loadline_node_fault_events_total", "counter",
      "Faults of the node in its kernel's log, by reason; one that was last seen a day ago is left out.");
  for (const NodeView& node : snapshot.nodes) {
    for (const NodeFinding& finding : node.findings) {
      if (!finding.condition.empty()) continue;
      out.Sample(LabelText({{"node", node.name}, {"reason", finding.reason}}),
                 static_cast<double>(finding.times));
    }
  }
  out.Family("loadline_agent_losses_total", "counter", "Data lost or unreadable at the agent, by reason.");
  for (const NodeView& node : snapshot.nodes) {
    for (const wire::Loss& loss : wire::kLosses) {
      out.Sample(LabelText({{"node", node.name}, {"reason", loss.name}}),
                 static_cast<double>(node.losses.*loss.count));
    }
  }
}

void WriteRefused(const Snapshot& snapshot, Exposition& out) {
  static constexpr std::pair<const char*, std::uint64_t RefusedCounts::*> kRefused[] = {
      {"containers", &RefusedCounts::containers}, {"cgroups", &RefusedCounts::cgroups},
      {"names", &RefusedCounts::names},           {"windows", &RefusedCounts::windows},
      {"figures", &RefusedCounts::figures},       {"beyond_capacity", &RefusedCounts::beyond_capacity},
      {"alerts", &RefusedCounts::alerts}};
  out.Family(
      "loadline_node_refused_total", "counter",
      "Data of the node that was rejected: beyond the limits of one node or of all, or beyond its capacity.");
  for (const NodeView& node : snapshot.nodes) {
    for (const auto& [what, count] : kRefused) {
      out.Sample(LabelText({{"node", node.name}, {"what", what}}), static_cast<double>(node.refused.*count));
    }
  }
}

void WriteOutweighed(const Snapshot& snapshot, Exposition& out) {
  std::map<std::string_view, double> containers;
  for (const auto& workload : snapshot.workloads) {
    for (const ContainerView& container : workload->containers) {
      if (container.recommendation == nullptr) continue;
      std::set<std::string_view> nodes;
      for (const OddReplica& odd : container.recommendation->outliers) {
        if (odd.times_the_others > 0) nodes.insert(odd.node);
      }
      for (const std::string_view node : nodes) ++containers[node];
    }
  }
  out.Family("loadline_node_outweighed_containers", "gauge",
             "Containers of which the node alone says so much more than all others that it is not believed.");
  for (const NodeView& node : snapshot.nodes)
    out.Sample(LabelText({{"node", node.name}}), containers[node.name]);
}

void WriteAlerts(const Snapshot& snapshot, Exposition& out) {
  out.Family("loadline_alerts", "gauge", "Alerts by state.");
  for (const AlertState state : {AlertState::kPending, AlertState::kFiring, AlertState::kResolved}) {
    double count = 0;
    for (const auto& alert : snapshot.alerts) count += alert->state == state ? 1 : 0;
    out.Sample(LabelText({{"state", Name(state)}}), count);
  }
}

void WriteApply(const ApplyView& apply, Exposition& out) {
  if (!apply.enabled) return;
  out.Family("loadline_apply_workloads", "gauge", "Workloads opted in to in-place resize, by phase.");
  std::map<std::string, double> phases;
  for (const ApplyView::Workload& workload : apply.workloads) ++phases[workload.phase];
  for (const auto& [phase, count] : phases) out.Sample(LabelText({{"phase", phase}}), count);
  out.Family("loadline_apply_outcomes_total", "counter", "Outcomes of in-place resizes.");
  for (const auto& [outcome, count] : apply.outcomes)
    out.Sample(LabelText({{"outcome", outcome}}), static_cast<double>(count));
}

void WriteRepairs(const RepairsView& repairs, Exposition& out) {
  if (!repairs.enabled) return;
  out.Family("loadline_node_repair", "gauge",
             "A node that is being repaired, or would be, and its last step; always 1.");
  for (const RepairView& repair : repairs.repairs) {
    if (repair.closed) continue;
    out.Sample(LabelText({{"node", repair.node},
                          {"mode", repair.mode},
                          {"trouble", repair.trouble},
                          {"step", repair.step},
                          {"state", repair.state},
                          {"held_by", repair.held_by}}),
               1);
  }
  out.Family("loadline_repair_steps_total", "counter", "Steps of node repair, by how they went.");
  for (const RepairCount& step : repairs.steps)
    out.Sample(LabelText({{"step", step.step}, {"mode", step.mode}, {"outcome", step.outcome}}),
               static_cast<double>(step.count));
  out.Family("loadline_repair_storm", "gauge",
             "Whether too many nodes fell ill at once, so that no repair is begun.");
  out.Sample("", repairs.storm ? 1 : 0);
}

void WriteCollector(const CollectorView& collector, Exposition& out) {
  out.Family("loadline_build_info", "gauge", "The version of the collector; always 1.");
  out.Sample(LabelText({{"version", collector.version}}), 1);
  out.Family("loadline_cluster_info", "gauge", "What the cluster is called; always 1.");
  out.Sample(LabelText({{"cluster", collector.cluster}}), 1);
  for (const auto& family : kCollectorFamilies) {
    out.Family(family.name, family.type, family.help);
    if (const Value value = family.value(collector)) out.Sample("", *value);
  }
  out.Family("loadline_frames_rejected_total", "counter",
             "Frames from agents that were rejected, by reason.");
  for (const auto& [reason, count] : collector.rejected_frames) {
    out.Sample(LabelText({{"reason", reason}}), static_cast<double>(count));
  }
  out.Family("loadline_agent_connections_refused_total", "counter",
             "Agent connections rejected or ended, by address and reason.");
  for (const RefusedConnections& refused : collector.refused_connections) {
    out.Sample(LabelText({{"address", refused.address}, {"reason", refused.reason}}),
               static_cast<double>(refused.count));
  }
  for (const auto& family : kReceiverFamilies) {
    out.Family(family.name, family.type, family.help);
    for (const ReceiverView& receiver : collector.receivers) {
      if (const Value value = family.value(receiver))
        out.Sample(LabelText({{"receiver", receiver.name}}), *value);
    }
  }
}

void WriteWatches(const std::vector<WatchView>& watches, Exposition& out) {
  if (watches.empty()) return;
  out.Family("loadline_kube_watch_state", "gauge", "1 for the state that the watch is in, 0 for the others.");
  for (const WatchView& watch : watches) {
    for (const char* state : {"listing", "following", "failing"})
      out.Sample(LabelText({{"kind", watch.kind}, {"state", state}}), watch.state == state ? 1 : 0);
  }
  for (const auto& family : kWatchFamilies) {
    out.Family(family.name, family.type, family.help);
    for (const WatchView& watch : watches) {
      if (const Value value = family.value(watch)) out.Sample(LabelText({{"kind", watch.kind}}), *value);
    }
  }
}

}  // namespace

void WriteMetrics(const Snapshot& snapshot, const Writer& write) {
  Exposition out(write);
  WriteCollector(snapshot.collector, out);
  WriteWatches(snapshot.collector.watches, out);
  WriteAlerts(snapshot, out);
  WriteApply(snapshot.apply, out);
  WriteRepairs(snapshot.repairs, out);
  WriteNodes(snapshot, out);
  WriteRefused(snapshot, out);
  WriteOutweighed(snapshot, out);
  WriteContainers(snapshot, out);
  WriteWhere(snapshot, out);
  out.Flush();
}

}  // namespace loadline::collector
