#include "collector/web/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "collector/web/json.h"
#include "collector/web/node_list.h"
#include "collector/web/query.h"
#include "collector/web/saving.h"
#include "collector/web/workload_list.h"
#include "schemas/base/time_text.h"

namespace loadline::collector {
namespace {

constexpr std::string_view kPrefix = "/api/v1/";
constexpr std::string_view kNode = "nodes/";
constexpr std::string_view kWorkload = "workloads/";

struct Page {
  std::size_t offset = 0;
  std::size_t limit = 100;
};
// More than anybody looks at in one answer, and less than a slow client could make expensive.
constexpr std::size_t kMaxLimit = 1000;

Result<std::size_t> GetNumber(const Query& query, std::string_view name, std::size_t otherwise,
                              std::size_t max) {
  const auto found = query.find(name);
  if (found == query.end()) return otherwise;
  const std::string& text = found->second;
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > max) {
    return Failure(ErrorKind::kInvalid, fmt::format("'{}' must be a whole number from 0 to {}", name, max));
  }
  return value;
}

Result<Page> GetPage(const Query& query) {
  const Result<std::size_t> offset = GetNumber(query, "offset", 0, 100'000'000);
  if (!offset) return Failure(offset.error());
  const Result<std::size_t> limit = GetNumber(query, "limit", Page{}.limit, kMaxLimit);
  if (!limit) return Failure(limit.error());
  return Page{*offset, *limit};
}

// Names begin with the first one, everything else with the most.
Result<bool> GetDescending(const Query& query, std::string_view sort) {
  const std::string order = Get(query, "order", sort == "name" ? "asc" : "desc");
  if (order != "asc" && order != "desc") return Failure(ErrorKind::kInvalid, "'order' must be asc or desc");
  return order == "desc";
}

Result<WorkloadChoice> GetChoice(const Query& query, std::string sort) {
  WorkloadChoice choice{.search = Get(query, "search"),
                        .namespace_name = Get(query, "namespace"),
                        .node = Get(query, "node"),
                        .sort = Get(query, "sort", std::move(sort))};
  const Result<bool> descending = GetDescending(query, choice.sort);
  if (!descending) return Failure(descending.error());
  choice.descending = *descending;
  return choice;
}

Answer Ok(const Json& json) {
  return {.body = Text(json)};
}
Answer Bad(const Error& error) {
  return ErrorAnswer(400, error.message);
}

// The envelope of every list: when it was true and where, how many there are, which of them follow. `more` stands beside.
template <typename Range, typename Render>
Answer List(const Snapshot& snapshot, const Query& query, const Range& all, Render render,
            const Json& more = Json::object()) {
  const Result<Page> page = GetPage(query);
  if (!page) return Bad(page.error());
  Json items = Json::array();
  const std::size_t end = std::min(all.size(), page->offset + page->limit);
  for (std::size_t i = page->offset; i < end; ++i) items.push_back(render(all[i]));
  Json list = {{"at", Rfc3339(snapshot.at)},
               {"cluster", snapshot.collector.cluster},
               {"total", all.size()},
               {"offset", page->offset},
               {"items", items}};
  list.update(more);
  return Ok(list);
}

Answer Nodes(const Query& query, const Snapshot& snapshot) {
  NodeChoice choice{.search = Get(query, "search"), .sort = Get(query, "sort", "name")};
  const Result<bool> descending = GetDescending(query, choice.sort);
  if (!descending) return Bad(descending.error());
  choice.descending = *descending;
  const auto chosen = ChooseNodes(snapshot, choice);
  if (!chosen) return Bad(chosen.error());
  return List(snapshot, query, *chosen, [](const NodeView* node) { return ToJson(*node); });
}

Answer OneNode(std::string_view name, const Snapshot& snapshot) {
  const NodeView* node = FindNode(snapshot, name);
  if (node == nullptr) return ErrorAnswer(404, fmt::format("no node '{}'", name));
  Json alerts = Json::array(), happenings = Json::array();
  for (const auto& alert : snapshot.alerts) {
    if (LabelOf(*alert, "node") == name) alerts.push_back(ToJson(*alert));
  }
  for (const HappeningView& happening : snapshot.happenings) {
    if (happening.node == name) happenings.push_back(ToJson(happening));
  }
  return Ok({{"at", Rfc3339(snapshot.at)},
             {"cluster", snapshot.collector.cluster},
             {"node", ToJson(*node)},
             {"alerts", alerts},
             {"happenings", happenings}});
}

Answer Workloads(const Query& query, const Snapshot& snapshot) {
  const Result<WorkloadChoice> choice = GetChoice(query, "attention");
  if (!choice) return Bad(choice.error());
  const Result<std::size_t> points = GetNumber(query, "history", 0, UsageHistory::kPoints);
  if (!points) return Bad(points.error());
  const auto chosen = ChooseWorkloads(snapshot, *choice);
  if (!chosen) return Bad(chosen.error());
  return List(snapshot, query, *chosen, [&](const auto& workload) { return ToJson(*workload, *points); });
}

Answer OneWorkload(std::string_view id, const Snapshot& snapshot) {
  const auto found = std::ranges::lower_bound(
      snapshot.workloads, id, {}, [](const auto& workload) { return std::string_view(workload->id); });
  if (found == snapshot.workloads.end() || (*found)->id != id) {
    return ErrorAnswer(404, fmt::format("no workload '{}'", id));
  }
  const WorkloadView& workload = **found;
  Json alerts = Json::array(), happenings = Json::array();
  for (const auto& alert : snapshot.alerts) {
    if (Concerns(*alert, workload)) alerts.push_back(ToJson(*alert));
  }
  for (const HappeningView& happening : snapshot.happenings) {
    if (happening.workload_id == workload.id) happenings.push_back(ToJson(happening));
  }
  const auto applied = std::ranges::find(snapshot.apply.workloads, id, &ApplyView::Workload::workload_id);
  return Ok({{"at", Rfc3339(snapshot.at)},
             {"cluster", snapshot.collector.cluster},
             {"workload", ToJson(workload, UsageHistory::kPoints)},
             {"apply", applied == snapshot.apply.workloads.end() ? Json(nullptr) : ToJson(*applied)},
             {"alerts", alerts},
             {"happenings", happenings}});
}

struct Advised {
  const WorkloadView* workload;
  const ContainerView* container;
};

Json ToJson(const Advised& advised) {
  const SavedAmounts saving = SavingOf(*advised.container);
  return {{"workload", advised.workload->id},
          {"namespace", advised.workload->namespace_name},
          {"kind", advised.workload->kind},
          {"name", advised.workload->name},
          {"container", advised.container->name},
          {"replicas", advised.container->replicas},
          {"saving", {{"cpu_millicores", saving.cpu}, {"memory_bytes", saving.memory}}},
          {"recommendation", ToJson(*advised.container->recommendation)}};
}

Answer Recommendations(const Query& query, const Snapshot& snapshot) {
  const Result<WorkloadChoice> choice = GetChoice(query, "saving_cpu");
  if (!choice) return Bad(choice.error());
  const auto chosen = ChooseWorkloads(snapshot, *choice);
  if (!chosen) return Bad(chosen.error());
  std::vector<Advised> advised;
  for (const auto& workload : *chosen) {
    for (const ContainerView& container : workload->containers) {
      if (container.recommendation) advised.push_back({workload.get(), &container});
    }
  }
  return List(snapshot, query, advised, [](const Advised& one) { return ToJson(one); });
}

Answer Alerts(const Query& query, const Snapshot& snapshot) {
  const std::string state = Get(query, "state");
  const std::string fingerprint = Get(query, "fingerprint");
  std::vector<const AlertView*> chosen;
  for (const auto& alert : snapshot.alerts) {
    if (!fingerprint.empty() && fingerprint != alert->fingerprint) continue;
    if (state.empty() || state == Name(alert->state)) chosen.push_back(alert.get());
  }
  return List(snapshot, query, chosen, [](const AlertView* alert) { return ToJson(*alert); });
}

Answer Happenings(const Query& query, const Snapshot& snapshot) {
  return List(snapshot, query, snapshot.happenings, [](const HappeningView& one) { return ToJson(one); });
}

Answer Stories(const Query& query, const Snapshot& snapshot) {
  return List(snapshot, query, snapshot.stories, [](const StoryView& one) { return ToJson(one); });
}

Answer Repairs(const Query& query, const Snapshot& snapshot) {
  const std::string node = Get(query, "node");
  std::vector<const RepairView*> chosen;
  for (const RepairView& repair : snapshot.repairs.repairs) {
    if (node.empty() || node == repair.node) chosen.push_back(&repair);
  }
  return List(snapshot, query, chosen, [](const RepairView* repair) { return ToJson(*repair); },
              {{"stand_by", snapshot.repairs.stand_by}});
}

Answer Collector(const Snapshot& snapshot) {
  return Ok({{"at", Rfc3339(snapshot.at)},
             {"cluster", snapshot.collector.cluster},
             {"summary", SummaryJson(snapshot)},
             {"collector", ToJson(snapshot.collector)}});
}

}  // namespace

Answer ErrorAnswer(int status, std::string_view message) {
  return {.status = status, .body = Text({{"error", message}})};
}

Answer AnswerApi(std::string_view path, const Query& query, const Snapshot& snapshot) {
  const std::string_view rest = path.substr(std::min(path.size(), kPrefix.size()));
  if (rest == "nodes") return Nodes(query, snapshot);
  if (rest.starts_with(kNode)) return OneNode(rest.substr(kNode.size()), snapshot);
  if (rest == "workloads") return Workloads(query, snapshot);
  if (rest.starts_with(kWorkload)) return OneWorkload(rest.substr(kWorkload.size()), snapshot);
  if (rest == "recommendations") return Recommendations(query, snapshot);
  if (rest == "alerts") return Alerts(query, snapshot);
  if (rest == "happenings") return Happenings(query, snapshot);
  if (rest == "repairs") return Repairs(query, snapshot);
  if (rest == "stories") return Stories(query, snapshot);
  if (rest == "collector") return Collector(snapshot);
  return ErrorAnswer(404, fmt::format("no such path '{}'; /api/v1/openapi.yaml lists all", path));
}

}  // namespace loadline::collector
