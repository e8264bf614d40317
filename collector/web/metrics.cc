#include "collector/web/metrics.h"

#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "collector/web/exposition.h"
#include "schemas/base/time_text.h"

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
    {"loadline_container_cpu_usage_cores", "gauge", "CPU used in the last window, all replicas together.",
     [](const ContainerView& c) { return Value(c.cpu_cores); }},
    {"loadline_container_cpu_seconds_total", "counter", "CPU time used, all replicas together.",
     [](const ContainerView& c) { return Value(c.cpu_seconds_total); }},
    {"loadline_container_cpu_request_cores", "gauge", "CPU requested by one replica.",
     [](const ContainerView& c) { return Cores(c.cpu_request); }},
    {"loadline_container_cpu_limit_cores", "gauge", "CPU limit of one replica.",
     [](const ContainerView& c) { return Cores(c.cpu_limit); }},
    {"loadline_container_cfs_periods_total", "counter", "Enforcement periods of the CPU limit.",
     [](const ContainerView& c) { return Number(c.periods_total); }},
    {"loadline_container_cfs_throttled_periods_total", "counter",
     "Enforcement periods in which the limit was hit.",
     [](const ContainerView& c) { return Number(c.throttled_periods_total); }},
    {"loadline_container_throttled_seconds_total", "counter",
     "Time that tasks were held back by the CPU limit.",
     [](const ContainerView& c) { return Value(c.throttled_seconds_total); }},
    {"loadline_container_throttled_ratio", "gauge", "Throttled periods of all periods, last window.",
     [](const ContainerView& c) { return Value(c.throttled_share); }},
    {"loadline_container_longest_throttle_seconds", "gauge",
     "Longest single stop by the CPU limit, last window.",
     [](const ContainerView& c) { return Value(c.longest_throttle_seconds); }},
    {"loadline_container_run_queue_wait_seconds", "gauge",
     "Waiting for a CPU while not throttled, last window.",
     [](const ContainerView& c) { return Value(c.run_queue_wait_seconds); }},
    {"loadline_container_memory_working_set_bytes", "gauge", "Working set of the largest replica.",
     [](const ContainerView& c) { return Value(static_cast<double>(c.memory_working_set)); }},
    {"loadline_container_memory_peak_bytes", "gauge", "Highest memory of one replica in the last hour.",
     [](const ContainerView& c) { return Value(static_cast<double>(c.memory_peak)); }},
    {"loadline_container_memory_request_bytes", "gauge", "Memory requested by one replica.",
     [](const ContainerView& c) { return Positive(c.memory_request); }},
    {"loadline_container_memory_limit_bytes", "gauge", "Memory limit of one replica.",
     [](const ContainerView& c) { return Positive(c.memory_limit); }},
    {"loadline_container_cpu_pressure_ratio", "gauge", "Share of the last window with tasks waiting for CPU.",
     [](const ContainerView& c) { return Value(c.cpu_pressure); }},
    {"loadline_container_memory_pressure_ratio", "gauge",
     "Share of the last window with tasks waiting for memory.",
     [](const ContainerView& c) { return Value(c.memory_pressure); }},
    {"loadline_container_io_pressure_ratio", "gauge", "Share of the last window with tasks waiting for I/O.",
     [](const ContainerView& c) { return Value(c.io_pressure); }},
    {"loadline_container_oom_kills_total", "counter", "Processes killed by the OOM killer.",
     [](const ContainerView& c) { return Number(c.oom_kills); }},
    {"loadline_recommendation_cpu_target_cores", "gauge", "CPU that one replica should request.",
     AdvisedCores<&ResourceAdvice::target>},
    {"loadline_recommendation_cpu_lower_cores", "gauge", "Below this CPU request one replica is moved.",
     AdvisedCores<&ResourceAdvice::lower>},
    {"loadline_recommendation_cpu_upper_cores", "gauge", "Above this CPU request one replica is moved.",
     AdvisedCores<&ResourceAdvice::upper>},
    {"loadline_recommendation_memory_target_bytes", "gauge", "Memory that one replica should request.",
     AdvisedBytes<&ResourceAdvice::target>},
    {"loadline_recommendation_memory_lower_bytes", "gauge", "Below this memory request one replica is moved.",
     AdvisedBytes<&ResourceAdvice::lower>},
    {"loadline_recommendation_memory_upper_bytes", "gauge", "Above this memory request one replica is moved.",
     AdvisedBytes<&ResourceAdvice::upper>},
};

constexpr Family<NodeView> kNodeFamilies[] = {
    {"loadline_node_last_seen_timestamp_seconds", "gauge", "When the node was last heard of.",
     [](const NodeView& n) { return Instant(n.last_seen); }},
    {"loadline_node_cpu_capacity_cores", "gauge", "CPUs of the node.",
     [](const NodeView& n) { return Cores(n.capacity.cpu); }},
    {"loadline_node_cpu_usage_cores", "gauge", "CPU used in the last window.",
     [](const NodeView& n) { return Value(n.cpu_used_cores); }},
    {"loadline_node_memory_capacity_bytes", "gauge", "Memory of the node.",
     [](const NodeView& n) { return Positive(n.capacity.memory); }},
    {"loadline_node_memory_used_bytes", "gauge", "Memory that is not available.",
     [](const NodeView& n) { return Value(static_cast<double>(n.memory_used)); }},
    {"loadline_node_cpu_pressure_ratio", "gauge", "Share of the last window with tasks waiting for CPU.",
     [](const NodeView& n) { return Value(n.cpu_pressure); }},
    {"loadline_node_memory_pressure_ratio", "gauge",
     "Share of the last window with tasks waiting for memory.",
     [](const NodeView& n) { return Value(n.memory_pressure); }},
    {"loadline_node_io_pressure_ratio", "gauge", "Share of the last window with tasks waiting for I/O.",
     [](const NodeView& n) { return Value(n.io_pressure); }},
    {"loadline_node_containers", "gauge", "Containers on the node.",
     [](const NodeView& n) { return Number(n.containers); }},
    {"loadline_agent_cpu_ratio", "gauge", "The agent's own CPU, share of one core in the last window.",
     [](const NodeView& n) { return Value(n.agent_cpu_share); }},
    {"loadline_agent_resident_memory_bytes", "gauge", "The agent's own memory.",
     [](const NodeView& n) { return Value(static_cast<double>(n.agent_rss)); }},
    {"loadline_agent_missing_records_total", "counter", "Records of the node that never arrived.",
     [](const NodeView& n) { return Number(n.missing_records); }},
    {"loadline_node_waiting_bytes", "gauge",
     "Records of the node that wait because it has sent more than one node may.",
     [](const NodeView& n) { return Value(static_cast<double>(n.waiting_bytes)); }},
};

constexpr Family<CollectorView> kCollectorFamilies[] = {
    {"loadline_collector_start_time_seconds", "gauge", "When the collector started.",
     [](const CollectorView& c) { return Value(static_cast<double>(UnixMilliseconds(c.started)) / 1000); }},
    {"loadline_records_committed_total", "counter", "Records that are durably stored.",
     [](const CollectorView& c) { return Number(c.records_committed); }},
    {"loadline_records_duplicate_total", "counter", "Records that had been stored before.",
     [](const CollectorView& c) { return Number(c.records_duplicate); }},
    {"loadline_container_samples_total", "counter", "Container windows taken in.",
     [](const CollectorView& c) { return Number(c.container_samples); }},
    {"loadline_agent_connections", "gauge", "Connections to the agents' port.",
     [](const CollectorView& c) { return Number(c.agent_connections); }},
    {"loadline_agent_hellos_too_soon_total", "counter",
     "Greetings of agents that greet without end: passed over.",
     [](const CollectorView& c) { return Number(c.hellos_too_soon); }},
    {"loadline_agent_sessions_ended_total", "counter",
     "Sessions of agents whose token was not good any more.",
     [](const CollectorView& c) { return Number(c.ended_sessions); }},
    {"loadline_queue_refused_total", "counter", "Records put off because the core was busy.",
     [](const CollectorView& c) { return Number(c.queue_refused); }},
    {"loadline_store_commits_total", "counter", "Commits of the store. Each waits for the disk.",
     [](const CollectorView& c) { return Number(c.store_commits); }},
    {"loadline_alerts_refused_total", "counter",
     "Alerts that found the book full, or their node's share of it, each time they were found.",
     [](const CollectorView& c) { return Number(c.alerts_refused); }},
    {"loadline_store_bytes", "gauge", "Size of the store on disk.",
     [](const CollectorView& c) { return Value(static_cast<double>(c.store_bytes)); }},
    {"loadline_store_writable", "gauge", "1 when the store takes records, 0 when it does not.",
     [](const CollectorView& c) { return Value(c.store_writable ? 1 : 0); }},
    {"loadline_store_set_aside", "gauge",
     "1 while a damaged store is kept beside this one, which began anew when that was found.",
     [](const CollectorView& c) { return Value(c.store_set_aside.empty() ? 0 : 1); }},
    {"loadline_alert_changes_owed", "gauge",
     "Changes of alerts, timers and silences that the store has not taken; kept in memory until it does.",
     [](const CollectorView& c) { return Number(c.alert_changes_owed); }},
    {"loadline_alert_changes_coalesced_total", "counter",
     "Such changes that a newer one of the same thing took the place of before they were stored.",
     [](const CollectorView& c) { return Number(c.alert_changes_coalesced); }},
    {"loadline_recommend_pass_seconds", "gauge", "Duration of the last full recommendation pass.",
     [](const CollectorView& c) { return Value(c.last_pass_seconds); }},
};

constexpr Family<ReceiverView> kReceiverFamilies[] = {
    {"loadline_sink_delivered_total", "counter", "Notifications that the receiver took.",
     [](const ReceiverView& r) { return Number(r.delivered); }},
    {"loadline_sink_retried_total", "counter", "Attempts that failed and were tried again.",
     [](const ReceiverView& r) { return Number(r.retried); }},
    {"loadline_sink_refused_total", "counter", "Notifications that the receiver refused for good.",
     [](const ReceiverView& r) { return Number(r.refused); }},
    {"loadline_sink_refused_items_total", "counter",
     "Parts of notifications (rows, recipients) that the receiver refused for good.",
     [](const ReceiverView& r) { return Number(r.refused_items); }},
    {"loadline_sink_waiting", "gauge", "Notifications that wait to be sent.",
     [](const ReceiverView& r) { return Number(r.waiting); }},
    {"loadline_sink_failing", "gauge", "Attempts in a row that failed; 0 when the last one worked.",
     [](const ReceiverView& r) { return Number(r.failing); }},
    {"loadline_sink_paused_until_timestamp_seconds", "gauge",
     "When the receiver is tried again after a failure, a used up quota for one. Absent when it need not be "
     "waited for.",
     [](const ReceiverView& r) { return Instant(r.paused_until); }},
    {"loadline_sink_waiting_since_timestamp_seconds", "gauge",
     "When the notification was decided that has waited longest. Absent when none waits.",
     [](const ReceiverView& r) { return Instant(r.waiting_since); }},
};

constexpr Family<WatchView> kWatchFamilies[] = {
    {"loadline_kube_watch_age_seconds", "gauge", "Since the API server last told something of these objects.",
     [](const WatchView& w) { return Value(w.age_seconds); }},
    {"loadline_kube_watch_lists_total", "counter", "Times all of these objects were asked for.",
     [](const WatchView& w) { return Number(w.lists); }},
    {"loadline_kube_watch_streams_total", "counter", "Times their changes were asked for.",
     [](const WatchView& w) { return Number(w.streams); }},
    {"loadline_kube_watch_events_total", "counter", "Changes that were told.",
     [](const WatchView& w) { return Number(w.events); }},
    {"loadline_kube_watch_expired_total", "counter", "Times our position was too old (410 Gone).",
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

// Escaped once here, not once a family.
std::vector<Labelled> LabelledContainers(const Snapshot& snapshot, std::uint64_t& left_out) {
  std::vector<Labelled> result;
  std::map<std::string_view, std::size_t> of_node;
  for (const auto& workload : snapshot.workloads) {
    const std::string_view node = workload->nodes.size() == 1 ? std::string_view(workload->nodes[0]) : "";
    for (const ContainerView& container : workload->containers) {
      std::string labels = LabelText({{"workload", workload->id},
                                      {"namespace", workload->namespace_name},
                                      {"container", container.name},
                                      {"node", node}});
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
  out.Family(
      "loadline_metrics_containers_left_out", "gauge",
      "Containers that have no samples here: beyond 2,000 of one node or 100,000 of all, or with labels "
      "longer than 1 KiB.");
  out.Sample("", static_cast<double>(left_out));
  for (const auto& family : kContainerFamilies) {
    out.Family(family.name, family.type, family.help);
    for (const Labelled& one : containers) {
      if (const Value value = family.value(*one.container)) out.Sample(one.labels, *value);
    }
    if (!out.open()) return;
  }
}

void WriteNodes(const Snapshot& snapshot, Exposition& out) {
  out.Family("loadline_node_state", "gauge", "1 for the state that the node is in, 0 for the others.");
  for (const NodeView& node : snapshot.nodes) {
    for (const NodeState state : {NodeState::kReady, NodeState::kStale, NodeState::kSilent}) {
      out.Sample(LabelText({{"node", node.name}, {"state", Name(state)}}), node.state == state ? 1 : 0);
    }
  }
  out.Family("loadline_node_info", "gauge", "1; what the node is and where it stands.");
  for (const NodeView& node : snapshot.nodes) {
    out.Sample(LabelText({{"node", node.name},
                          {"pool", node.place.pool},
                          {"zone", node.place.zone},
                          {"instance_type", node.place.instance_type},
                          {"kernel", node.kernel_version},
                          {"agent_version", node.agent_version}}),
               1);
  }
  for (const auto& family : kNodeFamilies) {
    out.Family(family.name, family.type, family.help);
    for (const NodeView& node : snapshot.nodes) {
      if (const Value value = family.value(node)) out.Sample(LabelText({{"node", node.name}}), *value);
    }
  }
  using wire::LossCounts;
  static constexpr std::pair<const char*, std::uint64_t LossCounts::*> kLosses[] = {
      {"ring_full", &LossCounts::ring_full},
      {"map_full", &LossCounts::map_full},
      {"unknown_cgroup", &LossCounts::unknown_cgroup},
      {"bad_event", &LossCounts::bad_event},
      {"failed_readings", &LossCounts::failed_readings},
      {"missed_samples", &LossCounts::missed_samples},
      {"spool_dropped_reports", &LossCounts::spool_dropped_reports},
      {"spool_dropped_events", &LossCounts::spool_dropped_events}};
  out.Family("loadline_agent_losses_total", "counter", "What the agent lost or could not read, by reason.");
  for (const NodeView& node : snapshot.nodes) {
    for (const auto& [reason, count] : kLosses) {
      out.Sample(LabelText({{"node", node.name}, {"reason", reason}}),
                 static_cast<double>(node.losses.*count));
    }
  }
}

void WriteRefused(const Snapshot& snapshot, Exposition& out) {
  static constexpr std::pair<const char*, std::uint64_t RefusedCounts::*> kRefused[] = {
      {"containers", &RefusedCounts::containers}, {"cgroups", &RefusedCounts::cgroups},
      {"names", &RefusedCounts::names},           {"windows", &RefusedCounts::windows},
      {"figures", &RefusedCounts::figures},       {"beyond_capacity", &RefusedCounts::beyond_capacity},
      {"alerts", &RefusedCounts::alerts}};
  out.Family("loadline_node_refused_total", "counter",
             "What was not taken of the node: one node, or all together, may not have more, or no machine "
             "like it can.");
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
      for (const OutlierView& odd : container.recommendation->outliers) {
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
    for (const AlertView& alert : snapshot.alerts) count += alert.state == state ? 1 : 0;
    out.Sample(LabelText({{"state", Name(state)}}), count);
  }
}

void WriteApply(const ApplyView& apply, Exposition& out) {
  if (!apply.enabled) return;
  out.Family("loadline_apply_workloads", "gauge", "Workloads that opt in to resizing in place, by phase.");
  std::map<std::string, double> phases;
  for (const ApplyView::Workload& workload : apply.workloads) ++phases[workload.phase];
  for (const auto& [phase, count] : phases) out.Sample(LabelText({{"phase", phase}}), count);
  out.Family("loadline_apply_outcomes_total", "counter", "What became of resizes in place.");
  for (const auto& [outcome, count] : apply.outcomes)
    out.Sample(LabelText({{"outcome", outcome}}), static_cast<double>(count));
}

void WriteCollector(const CollectorView& collector, Exposition& out) {
  out.Family("loadline_build_info", "gauge", "The version of the collector; always 1.");
  out.Sample(LabelText({{"version", collector.version}}), 1);
  for (const auto& family : kCollectorFamilies) {
    out.Family(family.name, family.type, family.help);
    if (const Value value = family.value(collector)) out.Sample("", *value);
  }
  out.Family("loadline_frames_rejected_total", "counter", "Frames from agents that were refused, by reason.");
  for (const auto& [reason, count] : collector.rejected_frames) {
    out.Sample(LabelText({{"reason", reason}}), static_cast<double>(count));
  }
  out.Family("loadline_agent_connections_refused_total", "counter",
             "Connections to the agents' port that were refused or ended, by address and reason.");
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
  WriteNodes(snapshot, out);
  WriteRefused(snapshot, out);
  WriteOutweighed(snapshot, out);
  WriteContainers(snapshot, out);
  out.Flush();
}

}  // namespace loadline::collector
