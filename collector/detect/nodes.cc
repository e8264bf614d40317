// Nodes that fell silent, whose sampler is stuck, or whose agent loses data.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "collector/detect/detect.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

// From so many nodes on, most of them falling silent together says more of us than of them.
constexpr std::size_t kFewestForIsolation = 4;

std::string WordsOf(const wire::LossCounts& losses) {
  const std::pair<std::uint64_t, const char*> kKinds[] = {
      {losses.ring_full, "kernel events that found the ring full"},
      {losses.map_full, "kernel figures that found their map full"},
      {losses.unknown_cgroup, "events of unknown cgroups"},
      {losses.bad_event, "malformed kernel events"},
      {losses.failed_readings, "failed readings"},
      {losses.missed_samples, "missed samples"},
      {losses.spool_dropped_reports, "reports that fell out of the full spool"},
      {losses.spool_dropped_events, "events that fell out of the full spool"}};
  std::vector<std::string> words;
  for (const auto& [count, kind] : kKinds) {
    if (count > 0) words.push_back(fmt::format("{} {}", count, kind));
  }
  return fmt::format("{}", fmt::join(words, ", "));
}

Condition NodeCondition(const Node& node, const char* rule, Severity severity, std::string summary,
                        std::string reason) {
  return {.rule = rule,
          .labels = {{"node", node.name}},
          .severity = severity,
          .summary = std::move(summary),
          .reason = std::move(reason)};
}

}  // namespace

void DetectNodes(const Evidence& evidence, const DetectConfig& config, std::vector<Condition>& found) {
  std::vector<Condition> silent;
  evidence.model.nodes().ForEach([&](NodeId, const Node& node) {
    const NodeLiveness live = evidence.liveness.Of(node.name, evidence.now);
    if (live.state == NodeState::kSilent) {
      silent.push_back(NodeCondition(node, "NodeSilent", Severity::kSev1,
                                     fmt::format("Node {} is silent: {}", node.name, live.reason),
                                     fmt::format("Heartbeats come each second; none came for {}, threshold "
                                                 "{}. The collector itself was well all "
                                                 "that time.",
                                                 FormatSeconds(Seconds(live.silent_for)),
                                                 FormatSeconds(Seconds(config.node_silent_after)))));
      silent.back().urgent = true;
    } else if (live.state == NodeState::kStale) {
      found.push_back(
          NodeCondition(node, "NodeStale", Severity::kSev2,
                        fmt::format("Node {} reports nothing: {}", node.name, live.reason),
                        fmt::format("Its agent is alive but closed no window for {}, threshold {}.",
                                    FormatSeconds(Seconds(live.window_age)),
                                    FormatSeconds(Seconds(config.node_stale_after)))));
    }
    if (node.last_losses != wire::LossCounts{}) {
      found.push_back(
          NodeCondition(node, "AgentLosses", Severity::kSev3,
                        fmt::format("The agent on {} loses data: {}", node.name, WordsOf(node.last_losses)),
                        fmt::format("In its last window the agent counted {}.", WordsOf(node.last_losses))));
      found.back().keep = 1min;
    }
  });
  const std::size_t nodes = evidence.model.nodes().size();
  if (nodes >= kFewestForIsolation && silent.size() * 2 > nodes) {
    found.push_back(
        {.rule = "CollectorIsolated",
         .labels = {},
         .severity = Severity::kSev0,
         .summary = fmt::format("{} of {} nodes are silent at once", silent.size(), nodes),
         .reason = fmt::format("More than half of {} nodes send no heartbeats: rather the collector or its "
                               "network is at fault than all of them. No node is called silent meanwhile.",
                               nodes),
         .urgent = true});
    return;
  }
  std::ranges::move(silent, std::back_inserter(found));
}

}  // namespace loadline::collector
