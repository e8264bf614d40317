// Nodes that report more than one node may.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "collector/detect/detect.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLately = 2min;
constexpr Duration kWaitsLong = 5min;

std::string WordsOf(const RefusedCounts& refused) {
  const std::pair<std::uint64_t, const char*> kKinds[] = {
      {refused.containers, "containers beyond model.node_containers or model.max_containers"},
      {refused.cgroups, "cgroups beyond model.node_cgroups"},
      {refused.names, "containers whose names have too many bytes together"},
      {refused.windows, "windows that follow one another faster than time passes"},
      {refused.beyond_capacity,
       "windows and kills that claim more CPU or memory than Kubernetes says it has"},
      {refused.alerts, "alerts beyond its share of the book"}};
  std::vector<std::string> words;
  for (const auto& [count, kind] : kKinds) {
    if (count > 0) words.push_back(fmt::format("{} {}", count, kind));
  }
  return fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace

void DetectRefusals(const Evidence& evidence, std::vector<Condition>& found) {
  evidence.model.nodes().ForEach([&](NodeId, const Node& node) {
    RefusedCounts refused = node.refused;
    Wall last = node.last_refused;
    if (const auto alerts = evidence.own.refused_alerts_of.find(node.name);
        alerts != evidence.own.refused_alerts_of.end()) {
      refused.alerts = alerts->second.count;
      last = std::max(last, alerts->second.last);
    }
    std::vector<std::string> reasons;
    if (last != Wall{} && evidence.wall - last < kLately)
      reasons.push_back(fmt::format("Not taken since the collector started: {}.", WordsOf(refused)));
    if (const auto waiting = evidence.own.waiting_of.find(node.name);
        waiting != evidence.own.waiting_of.end() && waiting->second.since >= kWaitsLong) {
      reasons.push_back(
          fmt::format("Records of {} wait, because it sends more than store.node_rate or has its "
                      "store.node_share.",
                      FormatBytes(waiting->second.bytes)));
    }
    if (reasons.empty()) return;
    found.push_back(
        {.rule = "NodeRefused",
         .labels = {{"node", node.name}},
         .severity = Severity::kSev2,
         .summary = fmt::format("Node {} reports more than one node may", node.name),
         .reason = fmt::format("{} Figures of other nodes are not touched by it.", fmt::join(reasons, " ")),
         .keep = 1min});
  });
}

}  // namespace loadline::collector
