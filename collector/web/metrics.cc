#include "collector/web/metrics.h"

#include <fmt/format.h>

#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "collector/advice/advice.h"
#include "collector/figures/figures.h"
#include "collector/web/exposition.h"
#include "schemas/base/overloaded.h"
#include "schemas/base/time_text.h"
#include "schemas/wire/losses.h"

namespace loadline::collector {
namespace {

// What is in /metrics alone, or has another form in the API: figures without a name there.
Number Cores(MilliCores amount) {
  return amount > 0 ? Number(static_cast<double>(amount) / 1000) : Number();
}
Number Positive(Bytes amount) {
  return amount > 0 ? Number(amount) : Number();
}
Number Whole(std::uint64_t count) {
  return static_cast<std::int64_t>(count);
}
Number Real(std::optional<double> amount) {
  return amount ? Number(*amount) : Number();
}
Number Instant(std::optional<Wall> at) {
  return at ? Number(static_cast<double>(UnixMilliseconds(*at)) / 1000) : Number();
}

// Upstream's and our own use of a recommendation: cores and bytes, as Prometheus wants base units.
template <std::int64_t ResourceAdvice::* bound>
Number AdvisedCores(const ContainerView& c) {
  return c.recommendation ? Number(static_cast<double>(c.recommendation->cpu.*bound) / 1000) : Number();
}
template <std::int64_t ResourceAdvice::* bound>
Number AdvisedBytes(const ContainerView& c) {
  return c.recommendation ? Number(c.recommendation->memory.*bound) : Number();
}

constexpr Figure<ContainerView> kOfContainers[] = {
    {.meaning =
         "Smallest CPU limit that the kernel enforces per pod: of the container, its pod, a slice or its "
         "cpuset.",
     .value = [](const ContainerView& c) { return Cores(c.effective_cpu_limit.amount); },
     .metric = "container_cpu_effective_limit_cores"},
    {.meaning =
         "Smallest memory limit that the kernel enforces per pod: of the container, its pod or a slice.",
     .value = [](const ContainerView& c) { return Positive(c.effective_memory_limit.amount); },
     .metric = "container_memory_effective_limit_bytes"},
    {.meaning = "Share of the last window with tasks stalled on CPU (PSI some).",
     .value = [](const ContainerView& c) { return Real(c.cpu_pressure); },
     .metric = "container_cpu_pressure_ratio"},
    {.meaning = "Share of the last window with tasks stalled on memory (PSI some).",
     .value = [](const ContainerView& c) { return Real(c.memory_pressure); },
     .metric = "container_memory_pressure_ratio"},
    {.meaning = "Share of the last window with tasks stalled on I/O (PSI some).",
     .value = [](const ContainerView& c) { return Real(c.io_pressure); },
     .metric = "container_io_pressure_ratio"},
    {.meaning = "Share of the last window with all tasks stalled on memory (PSI full).",
     .value = [](const ContainerView& c) { return Real(c.memory_pressure_full); },
     .metric = "container_memory_pressure_full_ratio"},
    {.meaning = "Share of the last window with all tasks stalled on I/O (PSI full).",
     .value = [](const ContainerView& c) { return Real(c.io_pressure_full); },
     .metric = "container_io_pressure_full_ratio"},
    {.meaning = "Recommended CPU request per pod.",
     .value = AdvisedCores<&ResourceAdvice::target>,
     .metric = "recommendation_cpu_target_cores"},
    {.meaning = "Lower bound of the recommended CPU request per pod.",
     .value = AdvisedCores<&ResourceAdvice::lower>,
     .metric = "recommendation_cpu_lower_cores"},
    {.meaning = "Upper bound of the recommended CPU request per pod.",
     .value = AdvisedCores<&ResourceAdvice::upper>,
     .metric = "recommendation_cpu_upper_cores"},
    {.meaning = "Recommended memory request per pod.",
     .value = AdvisedBytes<&ResourceAdvice::target>,
     .metric = "recommendation_memory_target_bytes"},
    {.meaning = "Lower bound of the recommended memory request per pod.",
     .value = AdvisedBytes<&ResourceAdvice::lower>,
     .metric = "recommendation_memory_lower_bytes"},
    {.meaning = "Upper bound of the recommended memory request per pod.",
     .value = AdvisedBytes<&ResourceAdvice::upper>,
     .metric = "recommendation_memory_upper_bytes"},
};

constexpr Figure<NodeView> kOfNodes[] = {
    {.meaning = "Time of the node's last heartbeat.",
     .value = [](const NodeView& n) { return Instant(n.last_seen); },
     .metric = "node_last_seen_timestamp_seconds"},
    {.meaning = "CPUs of the node.",
     .value = [](const NodeView& n) { return Cores(n.capacity.cpu); },
     .metric = "node_cpu_capacity_cores"},
    {.meaning = "Memory of the node.",
     .value = [](const NodeView& n) { return Positive(n.capacity.memory); },
     .metric = "node_memory_capacity_bytes"},
    {.meaning = "Share of the last window with tasks stalled on CPU (PSI some).",
     .value = [](const NodeView& n) { return Real(n.cpu_pressure); },
     .metric = "node_cpu_pressure_ratio"},
    {.meaning = "Share of the last window with tasks stalled on memory (PSI some).",
     .value = [](const NodeView& n) { return Real(n.memory_pressure); },
     .metric = "node_memory_pressure_ratio"},
    {.meaning = "Share of the last window with tasks stalled on I/O (PSI some).",
     .value = [](const NodeView& n) { return Real(n.io_pressure); },
     .metric = "node_io_pressure_ratio"},
};

constexpr Figure<CollectorView> kOfCollector[] = {
    {.meaning = "When the collector started.",
     .value = [](const CollectorView& c) { return Instant(c.started); },
     .metric = "collector_start_time_seconds"},
    {.meaning = "Commits of the store.",
     .value = [](const CollectorView& c) { return Whole(c.store_commits); },
     .metric = "store_commits_total"},
    {.meaning = "Waits of the store for its disk (fsync); each acknowledges what was committed until then.",
     .value = [](const CollectorView& c) { return Whole(c.store_syncs); },
     .metric = "store_syncs_total"},
    {.meaning = "Time that the store has waited for its disk.",
     .value = [](const CollectorView& c) { return Real(Seconds(c.store_sync_took)); },
     .metric = "store_sync_seconds_total"},
    {.meaning = "Size of the store on disk.",
     .value = [](const CollectorView& c) { return Number(c.store_bytes); },
     .metric = "store_bytes"},
    {.meaning = "1 when the store is writable, 0 when it is not.",
     .value = [](const CollectorView& c) { return Whole(c.store_writable ? 1 : 0); },
     .metric = "store_writable"},
    {.meaning = "1 while a damaged store is kept beside this one, which began anew when that was found.",
     .value = [](const CollectorView& c) { return Whole(c.store_set_aside.empty() ? 0 : 1); },
     .metric = "store_set_aside"},
    {.meaning =
         "Parts of the saved state that could not be read at the last start: of a later version, or damaged.",
     .value = [](const CollectorView& c) { return Whole(c.state_left_out); },
     .metric = "state_left_out"},
    {.meaning =
         "Changes of alerts, timers and silences that the store has not taken; kept in memory until it does.",
     .value = [](const CollectorView& c) { return Whole(c.alert_changes_owed); },
     .metric = "alert_changes_owed"},
    {.meaning = "Such changes that a newer one of the same thing took the place of before they were stored.",
     .value = [](const CollectorView& c) { return Whole(c.alert_changes_coalesced); },
     .metric = "alert_changes_coalesced_total"},
};

constexpr Figure<ReceiverView> kOfReceivers[] = {
    {.meaning = "When the receiver is tried again after a failure or an exhausted quota. Absent when it is "
                "not paused.",
     .value = [](const ReceiverView& r) { return Instant(r.paused_until); },
     .metric = "sink_paused_until_timestamp_seconds"},
    {.meaning = "Creation time of the oldest queued notification. Absent when none is queued.",
     .value = [](const ReceiverView& r) { return Instant(r.waiting_since); },
     .metric = "sink_waiting_since_timestamp_seconds"},
};

// `each` calls what it is given with the labels of each thing, and the thing.
template <typename Of, typename Each>
void Write(Figures<Of> figures, const Each& each, Exposition& out) {
  for (const Figure<Of>& figure : figures) {
    if (figure.metric == nullptr) continue;
    const std::string name = std::string("loadline_") + figure.metric;
    out.Family(name, name.ends_with("_total") ? "counter" : "gauge", figure.meaning);
    each([&](const std::string& labels, const Of& of) {
      std::visit(
          Overloaded{[](std::monostate) {},
                     [&](auto amount) { out.Sample(labels, static_cast<double>(amount) / figure.unit); }},
          figure.value(of));
    });
    if (!out.open()) return;
  }
}

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

void WriteHeldBack(const std::vector<Labelled>& containers, Exposition& out) {
  out.Family(
      "loadline_container_cpu_held_back", "gauge",
      "1 while the container was kept from CPU in the last window, by its limit or by the others on its node "
      "(neighbours).");
  for (const Labelled& one : containers) {
    if (const auto by = one.container->cpu_held_back_by)
      out.Sample(one.labels + "," + LabelText({{"by", Name(*by)}}), 1);
  }
}

void WriteContainers(const Snapshot& snapshot, Exposition& out) {
  std::uint64_t left_out = 0;
  const std::vector<Labelled> containers = LabelledContainers(snapshot, left_out);
  out.Family("loadline_metrics_containers_left_out", "gauge",
             "Containers without samples here: beyond 2,000 of one node or 100,000 of all, or with labels "
             "longer than 1 KiB.");
  out.Sample("", static_cast<double>(left_out));
  const auto each = [&](const auto& sample) {
    for (const Labelled& one : containers) sample(one.labels, *one.container);
  };
  Write(ContainerFigures(), each, out);
  Write(ContainerTotals(), each, out);
  Write(Figures<ContainerView>(kOfContainers), each, out);
  if (!out.open()) return;
  out.Family("loadline_container_events_total", "counter",
             "Events of the container by kind, such as memory_high_events, memory_max_events or "
             "process_exits; a kind "
             "without any is left out.");
  for (const Labelled& one : containers) {
    for (const wire::CounterRow& row : wire::kCounters) {
      const std::uint64_t count = one.container->counters[row.counter];
      if (count > 0 && !row.own_family)
        out.Sample(one.labels + "," + LabelText({{"event", row.name}}), static_cast<double>(count));
    }
  }
  if (!out.open()) return;
  for (const wire::CounterRow& row : wire::kCounters) {
    if (!row.own_family) continue;
    out.Family(fmt::format("loadline_container_{}_total", row.name), "counter", row.meaning);
    for (const Labelled& one : containers) {
      if (const std::uint64_t count = one.container->counters[row.counter]; count > 0)
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
  if (out.open()) WriteHeldBack(containers, out);
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
    for (const NodeState state : {NodeState::kReporting, NodeState::kStale, NodeState::kSilent}) {
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
  const auto each = [&](const auto& sample) {
    for (const NodeView& node : snapshot.nodes) sample(LabelText({{"node", node.name}}), node);
  };
  Write(NodeFigures(), each, out);
  Write(AgentFigures(), each, out);
  Write(Figures<NodeView>(kOfNodes), each, out);
  out.Family("loadline_node_condition", "gauge",
             "Conditions of the node that hold, by its kernel's log and by checks on it; always 1.");
  for (const NodeView& node : snapshot.nodes) {
    for (const NodeFinding& finding : node.findings) {
      if (finding.condition.empty()) continue;
      out.Sample(LabelText({{"node", node.name},
                            {"condition", finding.condition},
                            {"reason", finding.reason},
                            {"source", finding.source}}),
                 1);
    }
  }
  out.Family("loadline_node_fault_events_total", "counter",
             "Faults of the node in its kernel's log, or that plugins found, by reason; one that was last "
             "seen a day "
             "ago is left out.");
  for (const NodeView& node : snapshot.nodes) {
    for (const NodeFinding& finding : node.findings) {
      if (!finding.condition.empty()) continue;
      out.Sample(LabelText({{"node", node.name}, {"reason", finding.reason}, {"source", finding.source}}),
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
  out.Family(
      "loadline_node_refused_total", "counter",
      "Data of the node that was rejected: beyond the limits of one node or of all, or beyond its capacity.");
  for (const NodeView& node : snapshot.nodes) {
    for (const RefusedCount& one : kRefusedCounts) {
      out.Sample(LabelText({{"node", node.name}, {"what", one.what}}),
                 static_cast<double>(node.refused.*one.count));
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
  const auto once = [&](const auto& sample) { sample("", collector); };
  Write(CollectorFigures(), once, out);
  Write(Figures<CollectorView>(kOfCollector), once, out);
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
  const auto each = [&](const auto& sample) {
    for (const ReceiverView& receiver : collector.receivers)
      sample(LabelText({{"receiver", receiver.name}}), receiver);
  };
  Write(ReceiverFigures(), each, out);
  Write(Figures<ReceiverView>(kOfReceivers), each, out);
}

void WriteWatches(const std::vector<WatchView>& watches, Exposition& out) {
  if (watches.empty()) return;
  out.Family("loadline_kube_watch_state", "gauge", "1 for the state that the watch is in, 0 for the others.");
  for (const WatchView& watch : watches) {
    for (const char* state : {"listing", "following", "failing"})
      out.Sample(LabelText({{"kind", watch.kind}, {"state", state}}), watch.state == state ? 1 : 0);
  }
  const auto each = [&](const auto& sample) {
    for (const WatchView& watch : watches) sample(LabelText({{"kind", watch.kind}}), watch);
  };
  Write(WatchFigures(), each, out);
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
