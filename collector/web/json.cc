#include "collector/web/json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "collector/advice/advice.h"
#include "collector/figures/figures.h"
#include "collector/web/saving.h"
#include "schemas/base/overloaded.h"
#include "schemas/base/time_text.h"
#include "schemas/wire/losses.h"

namespace loadline::collector {
namespace {

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json OrNull(const std::optional<Wall>& at) {
  return at ? Json(Rfc3339(*at)) : Json(nullptr);
}

// Requests and limits are 0 where there are none.
Json NullIfNone(std::int64_t amount) {
  return amount > 0 ? Json(amount) : Json(nullptr);
}

Json ToJson(const Number& number) {
  return std::visit(Overloaded{[](std::monostate) { return Json(nullptr); },
                               [](const auto& amount) { return Json(amount); }},
                    number);
}

template <typename Of>
void AddFigures(Json& to, Figures<Of> figures, const Of& of) {
  for (const Figure<Of>& figure : figures) to[figure.name] = ToJson(figure.value(of));
}

Json ToJson(const wire::LossCounts& losses) {
  Json out;
  for (const wire::Loss& loss : wire::kLosses) out[loss.name] = losses.*loss.count;
  return out;
}

Json ToJson(const RefusedCounts& refused) {
  Json out;
  for (const RefusedCount& one : kRefusedCounts) out[one.what] = refused.*one.count;
  return out;
}

Json ToJson(const ResourceAdvice& advice) {
  return {{"lower", advice.lower},
          {"target", advice.target},
          {"upper", advice.upper},
          {"uncapped", advice.uncapped},
          {"current_request", OrNull(advice.current_request)},
          {"current_limit", OrNull(advice.current_limit)},
          {"reason", advice.reason}};
}

// Columns, because a chart wants columns and they are half the size of rows.
Json HistoryJson(const UsageHistory& history, std::size_t points) {
  const std::vector<UsagePoint> all = history.Points();
  const std::size_t first = all.size() - std::min(points, all.size());
  Json at = Json::array(), cpu = Json::array(), memory = Json::array(), throttled = Json::array();
  for (std::size_t i = first; i < all.size(); ++i) {
    at.push_back(all[i].at_ms);
    cpu.push_back(std::round(all[i].cpu_cores * 1e5) / 1e5);
    memory.push_back(static_cast<std::int64_t>(all[i].memory_bytes));
    throttled.push_back(std::round(all[i].throttled_share * 1e4) / 1e4);
  }
  return {{"at_ms", at}, {"cpu_cores", cpu}, {"memory_bytes", memory}, {"throttled_share", throttled}};
}

Json NullIfUnknown(const std::optional<double>& figure) {
  return figure ? Json(*figure) : Json();
}

Json PressureJson(std::optional<double> cpu, std::optional<double> memory, std::optional<double> io) {
  return {{"cpu", NullIfUnknown(cpu)}, {"memory", NullIfUnknown(memory)}, {"io", NullIfUnknown(io)}};
}

Json ToJson(const LimitAt& limit, const char* unit) {
  return {{unit, limit.amount}, {"level", Name(limit.level)}};
}
Json OrNull(const LimitAt& limit, const char* unit) {
  return limit.amount > 0 ? ToJson(limit, unit) : Json(nullptr);
}

Json EventsJson(const wire::Counters& counters) {
  Json events = Json::object();
  for (const wire::CounterRow& row : wire::kCounters) {
    if (!row.own_family) events[row.name] = counters[row.counter];
  }
  return events;
}

Json TotalsJson(const ContainerView& container) {
  Json totals;
  AddFigures(totals, ContainerTotals(), container);
  for (const wire::CounterRow& row : wire::kCounters) {
    if (row.own_family) totals[row.name] = container.counters[row.counter];
  }
  return totals;
}

// To go with the recommended requests.
Json LimitsJson(const Advice* advice) {
  const Amounts limits = advice == nullptr ? Amounts{} : advice->recommendation.limit;
  return {{"cpu_millicores", NullIfNone(limits.cpu)}, {"memory_bytes", NullIfNone(limits.memory)}};
}

Json ToJson(const ContainerView& container, std::size_t points) {
  Json json = {
      {"name", container.name},
      {"request_source", Name(container.request_source)},
      {"qos_class", KubernetesName(container.qos)},
      {"effective_cpu_limit", OrNull(container.effective_cpu_limit, "millicores")},
      {"effective_memory_limit", OrNull(container.effective_memory_limit, "bytes")},
      {"throttled_by",
       container.throttled_by ? ToJson(*container.throttled_by, "millicores") : Json(nullptr)},
      {"cpu_held_back_by",
       container.cpu_held_back_by ? Json(Name(*container.cpu_held_back_by)) : Json(nullptr)},
      {"pressure", PressureJson(container.cpu_pressure, container.memory_pressure, container.io_pressure)},
      {"pressure_full",
       PressureJson(container.cpu_pressure_full, container.memory_pressure_full, container.io_pressure_full)},
      {"events", EventsJson(container.counters)},
      {"totals", TotalsJson(container)},
      {"recommended_limits", LimitsJson(container.advice.get())},
      {"recommendation", container.recommendation ? ToJson(*container.recommendation) : Json(nullptr)}};
  AddFigures(json, ContainerFigures(), container);
  if (points > 0) json["history"] = HistoryJson(container.history, points);
  return json;
}

template <typename Range, typename Of>
std::size_t CountIf(const Range& range, Of of) {
  return static_cast<std::size_t>(std::ranges::count_if(range, of));
}

}  // namespace

Json ToJson(const NodeView& node) {
  Json signals = Json::array();
  for (const wire::SignalRung& signal : node.signals) {
    signals.push_back({{"signal", Name(signal.signal)}, {"rung", Name(signal.rung)}, {"why", signal.why}});
  }
  Json disks = Json::array();
  for (const wire::NodeWindow::Disk& disk : node.disks) {
    disks.push_back({{"path", disk.path},
                     {"free_bytes", disk.free},
                     {"total_bytes", disk.total},
                     {"read_only", disk.read_only}});
  }
  Json findings = Json::array();
  for (const NodeFinding& finding : node.findings) {
    findings.push_back({{"source", finding.source},
                        {"condition", finding.condition},
                        {"reason", finding.reason},
                        {"message", finding.message},
                        {"first", Rfc3339(finding.first)},
                        {"last", Rfc3339(finding.last)},
                        {"times", finding.times}});
  }
  Json agent;
  AddFigures(agent, AgentFigures(), node);
  Json json = {{"name", node.name},
               {"pool", node.place.pool},
               {"zone", node.place.zone},
               {"instance_type", node.place.instance_type},
               {"state", Name(node.state)},
               {"state_reason", node.state_reason},
               {"agent_version", node.agent_version},
               {"kernel_version", node.kernel_version},
               {"first_seen", Rfc3339(node.first_seen)},
               {"last_seen", Rfc3339(node.last_seen)},
               {"capacity", {{"cpu_millicores", node.capacity.cpu}, {"memory_bytes", node.capacity.memory}}},
               {"pressure", PressureJson(node.cpu_pressure, node.memory_pressure, node.io_pressure)},
               {"signals", signals},
               {"losses", ToJson(node.losses)},
               {"refused", ToJson(node.refused)},
               {"agent", agent},
               {"disks", disks},
               {"findings", findings}};
  AddFigures(json, NodeFigures(), node);
  return json;
}

Json ToJson(const RecommendationView& recommendation) {
  Json boost = nullptr;
  if (const auto& start = recommendation.startup_boost) {
    boost = {{"cpu_millicores", start->cpu},
             {"factor", start->factor},
             {"duration_seconds", start->duration_seconds}};
  }
  Json node_classes = Json::array();
  for (const NodeClassAdvice& one : recommendation.node_classes) {
    node_classes.push_back({{"node_class", one.node_class},
                            {"replicas", one.replicas},
                            {"cpu_millicores", ToJson(one.cpu)},
                            {"memory_bytes", ToJson(one.memory)}});
  }
  Json outliers = Json::array();
  for (const OddReplica& one : recommendation.outliers) {
    outliers.push_back({{"node", one.node},
                        {"cgroup", one.cgroup},
                        {"pod", one.pod},
                        {"resource", Name(one.resource)},
                        {"times_the_median", one.times_the_median},
                        {"killed", one.killed},
                        {"times_the_others", one.times_the_others}});
  }
  Json compared = Json::array();
  for (const auto& other : recommendation.compared) compared.push_back(ToJson(*other));
  return {{"algorithm", recommendation.algorithm},
          {"cpu_millicores", ToJson(recommendation.cpu)},
          {"memory_bytes", ToJson(recommendation.memory)},
          {"confidence_days", recommendation.confidence},
          {"history_seconds", recommendation.history_seconds},
          {"samples", recommendation.samples},
          {"oom_kills", recommendation.oom_kills},
          {"saving_per_month", OrNull(recommendation.saving_per_month)},
          {"currency", recommendation.currency},
          {"startup_boost", std::move(boost)},
          {"node_classes", std::move(node_classes)},
          {"outliers", std::move(outliers)},
          {"notes", recommendation.notes},
          {"compared", std::move(compared)}};
}

Json ToJson(const WorkloadView& workload, std::size_t points) {
  Json containers = Json::array();
  for (const ContainerView& container : workload.containers) containers.push_back(ToJson(container, points));
  return {{"id", workload.id},       {"namespace", workload.namespace_name},
          {"kind", workload.kind},   {"name", workload.name},
          {"nodes", workload.nodes}, {"last_seen", Rfc3339(workload.last_seen)},
          {"containers", containers}};
}

Json ToJson(const ApplyView::Workload& trial) {
  return {{"phase", trial.phase},
          {"reason", trial.reason},
          {"since", trial.since == Wall{} ? Json(nullptr) : Json(Rfc3339(trial.since))},
          {"pods_resized", trial.pods_resized}};
}

Json ToJson(const AlertView& alert) {
  Json labels = Json::object();
  for (const auto& [name, value] : alert.labels) labels[name] = value;
  return {{"fingerprint", alert.fingerprint},
          {"rule", alert.rule},
          {"severity", Name(alert.severity)},
          {"state", Name(alert.state)},
          {"labels", labels},
          {"summary", alert.summary},
          {"reason", alert.reason},
          {"runbook_url", alert.runbook},
          {"since", Rfc3339(alert.since)},
          {"fired", OrNull(alert.fired)},
          {"resolved", OrNull(alert.resolved)},
          {"occurrences", alert.occurrences},
          {"deliveries", alert.deliveries}};
}

Json ToJson(const HappeningView& happening) {
  return {{"at", Rfc3339(happening.at)},
          {"kind", happening.kind},
          {"workload", happening.workload_id},
          {"node", happening.node},
          {"text", happening.text}};
}

Json ToJson(const RepairView& repair) {
  const auto instant = [](const std::optional<Wall>& at) { return at ? Json(Rfc3339(*at)) : Json(nullptr); };
  return {{"id", repair.id},
          {"node", repair.node},
          {"pool", repair.pool},
          {"zone", repair.zone},
          {"mode", repair.mode},
          {"trouble", repair.trouble},
          {"step", repair.step},
          {"state", repair.state},
          {"reason", repair.reason},
          {"detail", repair.detail},
          {"held_by", repair.held_by},
          {"held", repair.held},
          {"needs_person", repair.told},
          {"since", Rfc3339(repair.since)},
          {"opened", instant(repair.opened)},
          {"closed", instant(repair.closed)}};
}

Json ToJson(const StoryView& story) {
  Json evidence = Json::array();
  for (const StoryEvidence& one : story.evidence)
    evidence.push_back({{"at", Rfc3339(one.at)}, {"source", one.source}, {"text", one.text}});
  return {
      {"id", story.id},
      {"kind", story.kind},
      {"at", Rfc3339(story.at)},
      {"last", Rfc3339(story.last)},
      {"times", story.times},
      {"node", story.node},
      {"workload", story.workload_id},
      {"namespace", story.namespace_name},
      {"pod", story.pod},
      {"container", story.container},
      {"why", story.why},
      {"cause",
       {{"workload", story.cause_workload_id}, {"container", story.cause_container}, {"text", story.cause}}},
      {"evidence", evidence}};
}

Json ToJson(const WatchView& watch) {
  Json json = {{"kind", watch.kind}, {"state", watch.state}, {"trouble", watch.trouble}};
  AddFigures(json, WatchFigures(), watch);
  return json;
}

Json ToJson(const ReceiverView& receiver) {
  Json json = {{"name", receiver.name},
               {"last_failure", receiver.last_failure},
               {"paused_until", OrNull(receiver.paused_until)},
               {"waiting_since", OrNull(receiver.waiting_since)}};
  AddFigures(json, ReceiverFigures(), receiver);
  return json;
}

Json ToJson(const CollectorView& collector) {
  Json watches = Json::array();
  for (const WatchView& watch : collector.watches) watches.push_back(ToJson(watch));
  Json rejected = Json::object();
  for (const auto& [reason, count] : collector.rejected_frames) rejected[reason] = count;
  Json connections = Json::array();
  for (const RefusedConnections& refused : collector.refused_connections)
    connections.push_back(
        {{"address", refused.address}, {"reason", refused.reason}, {"count", refused.count}});
  Json receivers = Json::array();
  for (const ReceiverView& receiver : collector.receivers) receivers.push_back(ToJson(receiver));
  Json json = {{"version", collector.version},
               {"cluster", collector.cluster},
               {"started", Rfc3339(collector.started)},
               {"rejected_frames", rejected},
               {"refused_connections", connections},
               {"store",
                {{"writable", collector.store_writable},
                 {"error", collector.store_error},
                 {"bytes", collector.store_bytes},
                 {"set_aside", collector.store_set_aside},
                 {"left_out", collector.state_left_out}}},
               {"receivers", receivers},
               {"watches", watches}};
  AddFigures(json, CollectorFigures(), collector);
  return json;
}

Json SummaryJson(const Snapshot& snapshot) {
  const auto nodes = [&](NodeState state) {
    return CountIf(snapshot.nodes, [=](const NodeView& node) { return node.state == state; });
  };
  const auto alerts = [&](AlertState state) {
    return CountIf(snapshot.alerts, [=](const auto& alert) { return alert->state == state; });
  };
  std::size_t containers = 0, recommendations = 0;
  SavedAmounts saving;
  for (const auto& workload : snapshot.workloads) {
    for (const ContainerView& container : workload->containers) {
      containers += container.replicas;
      if (!container.recommendation) continue;
      ++recommendations;
      saving += SavingOf(container);
    }
  }
  return {{"nodes",
           {{"reporting", nodes(NodeState::kReporting)},
            {"stale", nodes(NodeState::kStale)},
            {"silent", nodes(NodeState::kSilent)}}},
          {"workloads", snapshot.workloads.size()},
          {"containers", containers},
          {"recommendations", recommendations},
          {"saving", {{"cpu_millicores", saving.cpu}, {"memory_bytes", saving.memory}}},
          {"alerts",
           {{"firing", alerts(AlertState::kFiring)},
            {"pending", alerts(AlertState::kPending)},
            {"resolved", alerts(AlertState::kResolved)}}}};
}

std::string Text(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace loadline::collector
