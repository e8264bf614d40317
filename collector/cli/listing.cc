#include "collector/cli/listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "collector/cli/words.h"

namespace loadline::collector {
namespace {

using Row = std::vector<Cell>;

Cell Count(const Json& count, Tone when_any) {
  const auto value = count.get<std::uint64_t>();
  return {fmt::format("{}", value), value > 0 ? when_any : Tone::kPlain};
}

std::string OrDash(const Json& text) {
  auto value = text.get<std::string>();
  return value.empty() ? "-" : value;
}

std::string Joined(const Json& texts, const char* between) {
  std::string all;
  for (const Json& text : texts) all += (all.empty() ? "" : between) + text.get<std::string>();
  return all.empty() ? "-" : all;
}

std::uint64_t Lost(const Json& node) {
  auto lost = node.at("missing_records").get<std::uint64_t>();
  for (const auto& [reason, count] : node.at("losses").items()) lost += count.get<std::uint64_t>();
  return lost;
}

Row NodeRow(const Json& node, bool wide, Wall now) {
  const Json& pressure = node.at("pressure");
  const std::string state = node.at("state");
  Row row{{node.at("name")},
          {state, ToneOfState(state)},
          {fmt::format("{}/{}", CoresText(node.at("cpu_used_cores")),
                       MaybeCpu(node.at("capacity").at("cpu_millicores")))},
          {fmt::format("{}/{}", MaybeBytes(node.at("memory_used_bytes")),
                       MaybeBytes(node.at("capacity").at("memory_bytes")))},
          {fmt::format("{} {} {}", MaybeShare(pressure.at("cpu")), MaybeShare(pressure.at("memory")),
                       MaybeShare(pressure.at("io")))},
          {fmt::format("{}", node.at("containers").get<std::uint64_t>())},
          {AgeText(node.at("last_seen"), now)}};
  if (wide) {
    const Json& agent = node.at("agent");
    row.push_back({OrDash(node.at("pool"))});
    row.push_back({OrDash(node.at("zone"))});
    row.push_back({OrDash(node.at("instance_type"))});
    row.push_back({node.at("kernel_version")});
    row.push_back({node.at("agent_version")});
    row.push_back({fmt::format("{:.2f} %", agent.at("cpu_share").get<double>() * 100)});
    row.push_back({MaybeBytes(agent.at("rss_bytes"))});
    row.push_back({fmt::format("{}", Lost(node)), Lost(node) > 0 ? Tone::kWarn : Tone::kPlain});
    row.push_back({node.at("state_reason")});
  }
  return row;
}

Table Nodes(const Json& items, bool wide, Wall now) {
  Table table{{"NAME", "STATE", "CPU", "MEMORY", "PRESSURE CPU MEM IO", "CONTAINERS", "HEARTBEAT"}, {}};
  if (wide)
    table.head.insert(table.head.end(), {"POOL", "ZONE", "INSTANCE TYPE", "KERNEL", "AGENT", "AGENT CPU",
                                         "AGENT RSS", "LOST", "REASON"});
  for (const Json& node : items) table.rows.push_back(NodeRow(node, wide, now));
  return table;
}

Row ContainerRow(const Json& workload, const Json& container, bool wide) {
  const double replicas = std::max(1.0, container.at("replicas").get<double>());
  const double throttled = container.at("throttled_share");
  Row row{{workload.at("id")},
          {OrDash(container.at("name"))},
          {fmt::format("{}", container.at("replicas").get<std::uint64_t>())},
          {CoresText(container.at("cpu_cores").get<double>() / replicas)},
          {MaybeCpu(container.at("cpu_request_millicores"))},
          {MaybeCpu(container.at("cpu_limit_millicores"))},
          {ShareText(throttled), throttled > 0.25 ? Tone::kWarn : Tone::kPlain},
          {MaybeBytes(container.at("memory_working_set_bytes"))},
          {MaybeBytes(container.at("memory_request_bytes"))},
          {MaybeBytes(container.at("memory_limit_bytes"))},
          container.at("oom_kills").is_null() ? Cell{"-"} : Count(container.at("oom_kills"), Tone::kBad)};
  if (wide) {
    const Json& advice = container.at("recommendation");
    row.push_back({advice.is_null() ? "-" : MaybeCpu(advice.at("cpu_millicores").at("target"))});
    row.push_back({advice.is_null() ? "-" : MaybeBytes(advice.at("memory_bytes").at("target"))});
    row.push_back({MaybeBytes(container.at("memory_peak_bytes"))});
    row.push_back({Joined(workload.at("nodes"), ",")});
  }
  return row;
}

Table Workloads(const Json& items, bool wide) {
  Table table{{"WORKLOAD", "CONTAINER", "REPLICAS", "CPU", "CPU REQUEST", "CPU LIMIT", "THROTTLED", "MEMORY",
               "MEMORY REQUEST", "MEMORY LIMIT", "OOM KILLS"},
              {}};
  if (wide)
    table.head.insert(table.head.end(), {"CPU RECOMMENDED", "MEMORY RECOMMENDED", "MEMORY PEAK", "NODES"});
  for (const Json& workload : items) {
    for (const Json& container : workload.at("containers"))
      table.rows.push_back(ContainerRow(workload, container, wide));
  }
  return table;
}

Tone ToneOfAdvice(const Json& advice) {
  if (advice.at("current_request").is_null()) return Tone::kPlain;
  const auto request = advice.at("current_request").get<std::int64_t>();
  if (request < advice.at("lower").get<std::int64_t>()) return Tone::kWarn;
  return request > advice.at("upper").get<std::int64_t>() ? Tone::kGood : Tone::kPlain;
}

Row AdviceRow(const Json& item, bool wide) {
  const Json& recommendation = item.at("recommendation");
  const Json& cpu = recommendation.at("cpu_millicores");
  const Json& memory = recommendation.at("memory_bytes");
  const Json& saving = item.at("saving");
  Row row{{item.at("workload")},
          {OrDash(item.at("container"))},
          {MaybeCpu(cpu.at("current_request"))},
          {MaybeCpu(cpu.at("target")), ToneOfAdvice(cpu)},
          {MaybeBytes(memory.at("current_request"))},
          {MaybeBytes(memory.at("target")), ToneOfAdvice(memory)},
          {CoresText(saving.at("cpu_millicores").get<double>() / 1000)},
          {MaybeBytes(saving.at("memory_bytes"))}};
  if (wide) {
    row.push_back({fmt::format("{} - {}", MaybeCpu(cpu.at("lower")), MaybeCpu(cpu.at("upper")))});
    row.push_back({fmt::format("{} - {}", MaybeBytes(memory.at("lower")), MaybeBytes(memory.at("upper")))});
    row.push_back({FormatSeconds(recommendation.at("history_seconds"))});
    row.push_back({recommendation.at("algorithm")});
  }
  return row;
}

Table Recommendations(const Json& items, bool wide) {
  Table table{{"WORKLOAD", "CONTAINER", "CPU REQUEST", "CPU RECOMMENDED", "MEMORY REQUEST",
               "MEMORY RECOMMENDED", "CPU SAVED", "MEMORY SAVED"},
              {}};
  if (wide) table.head.insert(table.head.end(), {"CPU BOUNDS", "MEMORY BOUNDS", "HISTORY", "ALGORITHM"});
  for (const Json& item : items) table.rows.push_back(AdviceRow(item, wide));
  return table;
}

Json ClusterOf(const Json& alert) {
  return alert.at("labels").value("cluster", "");
}

// Where there are those of several clusters, each names its own.
Table Alerts(const Json& items, bool wide, Wall now) {
  Table table{{"SEVERITY", "STATE", "SINCE", "RULE"}, {}};
  const bool several = std::ranges::any_of(
      items, [&](const Json& alert) { return ClusterOf(alert) != ClusterOf(items.front()); });
  if (several) table.head.emplace_back("CLUSTER");
  if (wide) table.head.insert(table.head.end(), {"FINGERPRINT", "TIMES", "NOTIFIED"});
  table.head.emplace_back("SUMMARY");
  for (const Json& alert : items) {
    const Tone tone = ToneOfAlert(alert);
    Row row{{alert.at("severity"), tone},
            {alert.at("state"), tone},
            {AgeText(alert.at("since"), now)},
            {alert.at("rule")}};
    if (several) row.push_back({OrDash(ClusterOf(alert))});
    if (wide) {
      row.push_back({alert.at("fingerprint")});
      row.push_back({fmt::format("{}", alert.at("occurrences").get<std::uint64_t>())});
      row.push_back({Joined(alert.at("deliveries"), "; ")});
    }
    row.push_back({alert.at("summary")});
    table.rows.push_back(std::move(row));
  }
  return table;
}

Tone ToneOfRepair(const Json& repair) {
  if (repair.at("needs_person").get<bool>() || repair.at("state") == "failed" ||
      repair.at("state") == "unclear")
    return Tone::kBad;
  return repair.at("state") == "asked" ? Tone::kWarn : Tone::kPlain;
}

std::string StateOfRepair(const Json& repair) {
  if (!repair.at("closed").is_null()) return "over";
  return repair.at("needs_person").get<bool>() ? "needs a person" : repair.at("state").get<std::string>();
}

Table Repairs(const Json& items, bool wide, Wall now) {
  Table table{{"NODE", "MODE", "TROUBLE", "STEP", "STATE", "SINCE", "HELD BACK BY", "ID"}, {}};
  if (wide) table.head.insert(table.head.end(), {"POOL", "ZONE"});
  table.head.emplace_back("WHY");
  for (const Json& repair : items) {
    Row row{{repair.at("node")},
            {repair.at("mode")},
            {repair.at("trouble")},
            {OrDash(repair.at("step"))},
            {StateOfRepair(repair), ToneOfRepair(repair)},
            {AgeText(repair.at("since"), now)},
            {OrDash(repair.at("held_by"))},
            {OrDash(repair.at("id"))}};
    if (wide) {
      row.push_back({OrDash(repair.at("pool"))});
      row.push_back({OrDash(repair.at("zone"))});
    }
    row.push_back({OrDash(repair.at(repair.at("reason") == "" ? "held" : "reason"))});
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table Stories(const Json& items, bool wide, Wall now) {
  Table table{{"KIND", "LAST", "TIMES", "WHO", "NODE", "CAUSED BY"}, {}};
  if (wide) table.head.insert(table.head.end(), {"POD", "WHY"});
  for (const Json& story : items) {
    const auto container = story.at("container").get<std::string>();
    const auto workload = story.at("workload").get<std::string>();
    Row row{{story.at("kind"), Tone::kBad},
            {AgeText(story.at("last"), now)},
            {fmt::format("{}", story.at("times").get<std::uint64_t>())},
            {container.empty() ? workload : workload + " " + container},
            {story.at("node")},
            {OrDash(story.at("cause").at("text"))}};
    if (wide) {
      row.push_back({OrDash(story.at("pod"))});
      row.push_back({story.at("why")});
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

Table TableOf(const Listing& listing, const Json& items, Wall now) {
  if (listing.resource == "nodes") return Nodes(items, listing.wide, now);
  if (listing.resource == "workloads") return Workloads(items, listing.wide);
  if (listing.resource == "recommendations") return Recommendations(items, listing.wide);
  if (listing.resource == "repairs") return Repairs(items, listing.wide, now);
  if (listing.resource == "stories") return Stories(items, listing.wide, now);
  return Alerts(items, listing.wide, now);
}

}  // namespace loadline::collector
