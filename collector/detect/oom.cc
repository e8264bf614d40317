#include <fmt/format.h>

#include <algorithm>

#include "collector/detect/detect.h"
#include "collector/detect/graph.h"

namespace loadline::collector {

Happening OomKilled(const KillSeen& seen, const DetectConfig& config, const std::string& cause) {
  const wire::OomKill& kill = seen.kill;
  const bool own = kill.limit_owner.has_value();
  const bool known = !seen.name.workload_id.empty();
  const std::string who = known ? Described(seen.name.workload_id, seen.name.container) : kill.victim.path;
  Condition what{
      .rule = own ? "ContainerOomKilled" : "NodeOutOfMemory",
      .labels = known ? ContainerLabels(seen.name.workload_id, seen.name.namespace_name, seen.name.container)
                      : Labels{{"cgroup", kill.victim.path}},
      .severity = own ? Severity::kSev2 : Severity::kSev1,
      .summary =
          fmt::format("{} was OOM-killed on {}: {}", who, PlaceOf(seen.node, seen.name.pod), LimitHit(kill)),
      .reason = fmt::format("The kernel's OOM killer ended {} (pid {}), which held {}, because {}.",
                            kill.command, kill.pid, FormatBytes(kill.victim_rss), LimitHit(kill)),
      .keep = config.oom_keep,
      .urgent = true};
  if (kill.pid == 0) {
    what.summary = who + " was OOM-killed, its pod's status says";
    what.reason = "Which of its processes, and what it held, is not known: no agent runs on its node.";
  }
  if (!own) what.labels = {{"node", seen.node}};
  what.told_by = seen.node;
  if (!cause.empty()) {
    what.summary += "; " + cause;
    what.reason += " In the minutes before, " + cause + ".";
  }
  return {std::move(what), seen.at};
}

void DetectOomLoops(const Evidence& evidence, const DetectConfig& config, std::vector<Condition>& found) {
  const Model& model = evidence.model;
  model.containers().ForEach([&](ContainerId, const Container& container) {
    const auto lately = std::ranges::count_if(
        container.recent_kills, [&](Wall at) { return at > evidence.wall - config.oom_loop_window; });
    if (lately < config.oom_loop_kills) return;
    const Workload& workload = model.workloads()[container.workload];
    const std::string who = Described(workload.id, container.name);
    const std::string window = FormatSeconds(Seconds(config.oom_loop_window));
    // More than the model remembers is "at least".
    const char* at_least = lately == static_cast<std::int64_t>(Container::kRecentKills) ? "at least " : "";
    found.push_back({.rule = "ContainerOomLoop",
                     .labels = ContainerLabels(workload.id, workload.namespace_name, container.name),
                     .severity = Severity::kSev1,
                     .summary = fmt::format("{} is killed again and again: {}{} OOM kills in {}", who,
                                            at_least, lately, window),
                     .reason = fmt::format(
                         "{}{} OOM kills within {}, threshold {}. Starting again does not help; a higher "
                         "memory limit, or less use, would.",
                         at_least, lately, window, config.oom_loop_kills),
                     .graph = MemoryGraph(container.history),
                     .keep = std::chrono::minutes(1)});
  });
}

}  // namespace loadline::collector
