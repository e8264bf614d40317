// In the last two minutes something of the node was not taken because one node may not have so much, or its
// records have waited for five minutes because it sends too many. What is beyond a bound of the model or of
// the alert book is lost; records that wait are not.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "collector/detect/rule.h"

namespace loadline::collector::rules {
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

void DetectNodeRefused(const NodeSeen& seen, const RuleSettings& /*settings*/, Found& found) {
  const Node& node = seen.node;
  const OwnHealth& own = seen.cluster.evidence.own;
  RefusedCounts refused = node.refused;
  Wall last = node.last_refused;
  if (const auto alerts = own.refused_alerts_of.find(node.name); alerts != own.refused_alerts_of.end()) {
    refused.alerts = alerts->second.count;
    last = std::max(last, alerts->second.last);
  }
  std::vector<std::string> reasons;
  if (last != Wall{} && seen.cluster.evidence.wall - last < kLately)
    reasons.push_back(fmt::format("Not taken since the collector started: {}.", WordsOf(refused)));
  if (const auto waiting = own.waiting_of.find(node.name);
      waiting != own.waiting_of.end() && waiting->second.since >= kWaitsLong) {
    reasons.push_back(
        fmt::format("Records of {} wait, because it sends more than store.node_rate or has its "
                    "store.node_share.",
                    FormatBytes(waiting->second.bytes)));
  }
  if (reasons.empty()) return;
  found.Add(
      {.labels = {{"node", node.name}},
       .summary = fmt::format("Node {} reports more than one node may", node.name),
       .reason = fmt::format("{} Figures of other nodes are not touched by it.", fmt::join(reasons, " ")),
       .keep = 1min});
}

}  // namespace

Rule NodeRefused() {
  return {
      .name = "NodeRefused",
      .meaning = "The node reports more than one node may; what is beyond is not taken.",
      .remedy = "See which bound it met, and what runs there: a runaway job, or an agent that is not ours.",
      .severity = Severity::kSev2,
      .hold = 1min,
      .own = true,
      .example = {{"node", "node-1"}},
      .detect = DetectNodeRefused};
}

}  // namespace loadline::collector::rules
