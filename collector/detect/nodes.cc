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

void DetectDisks(const Node& node, const DetectConfig& config, std::vector<Condition>& found) {
  const auto add = [&](const std::string& disk, Condition condition) {
    condition.labels["disk"] = disk;
    condition.keep = 1min;
    found.push_back(std::move(condition));
  };
  for (const wire::NodeWindow::Disk& disk : node.last.disks) {
    if (disk.read_only) {
      add(disk.path, NodeCondition(node, "NodeDiskReadOnly", Severity::kSev1,
                                   fmt::format("{} on node {} is read-only", disk.path, node.name),
                                   "The kernel remounts a file system so when its disk fails."));
    }
    const double used =
        disk.total > 0 ? 1 - static_cast<double>(disk.free) / static_cast<double>(disk.total) : 0.0;
    if (used < config.disk_full_share) continue;
    add(disk.path,
        NodeCondition(node, "NodeDiskFull", Severity::kSev2,
                      fmt::format("{} on node {} is {:.0f} % full", disk.path, node.name, used * 100),
                      fmt::format("{} of {} are free, threshold {:.0f} % used.", FormatBytes(disk.free),
                                  FormatBytes(disk.total), config.disk_full_share * 100)));
  }
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
    if (live.state == NodeState::kReady) DetectDisks(node, config, found);
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
  const bool blind = silent.size() == nodes;
  std::ranges::move(silent, std::back_inserter(found));
  if (!blind) return;
  found.push_back({.rule = "CollectorBlind",
                   .labels = {},
                   .summary = "No agent reports to the collector",
                   .reason = nodes == 0 ? std::string("No agent has ever connected.")
                                        : fmt::format("Of {} known nodes none sends heartbeats.", nodes),
                   .keep = 5s});
}

}  // namespace loadline::collector
