#include "collector/detect/detect_words.h"

#include <fmt/format.h>

#include "collector/model/names.h"

namespace loadline::collector {

std::string LimitHit(const wire::OomKill& kill) {
  if (!kill.limit_owner) return "the whole machine was out of memory";
  std::string words = "the memory limit of " + LimitOwner(*kill.limit_owner) + " was hit";
  if (kill.owner_limit > 0) {
    words += fmt::format(" ({} of {} used)", FormatBytes(kill.owner_usage), FormatBytes(kill.owner_limit));
  }
  return words;
}

std::string Described(const std::string& workload_id, const std::string& container) {
  return container.empty() ? workload_id : workload_id + " container " + container;
}

Labels ContainerLabels(const std::string& workload_id, const std::string& namespace_name,
                       const std::string& container) {
  Labels labels{{"workload", workload_id}};
  if (!namespace_name.empty()) labels["namespace"] = namespace_name;
  if (!container.empty()) labels["container"] = container;
  return labels;
}

namespace {

// What is no container of a workload: a process of the system, or one whose cgroup has no name here.
std::string Unknown(const wire::OomKill& kill) {
  if (kill.victim.IsNamed()) return kill.victim.path;
  return fmt::format("{} (pid {}), in {},", kill.command, kill.pid, kUnnamedCgroup);
}

}  // namespace

Condition KillCondition(const KillTold& told) {
  const KillSeen& seen = told.kill;
  const wire::OomKill& kill = seen.kill;
  const bool known = !seen.name.workload_id.empty();
  const std::string who = known ? Described(seen.name.workload_id, seen.name.container) : Unknown(kill);
  Condition what{.summary = fmt::format("{} was OOM-killed on {}: {}", who, PlaceOf(seen.node, seen.name.pod),
                                        LimitHit(kill)),
                 .reason = fmt::format(
                     "The kernel's OOM killer ended {} (pid {}), which held {}{}, because {}.", kill.command,
                     kill.pid, FormatBytes(kill.victim_rss),
                     kill.group ? ", and with it the whole group (memory.oom.group)" : "", LimitHit(kill)),
                 .urgent = true,
                 .told_by = seen.node};
  if (kill.IsFromPodStatus()) {
    what.summary = who + " was OOM-killed, its pod's status says";
    what.reason = "Which of its processes, and what it held, is not known: no agent was there to see it.";
  } else if (!kill.NamesProcess()) {
    what.reason = fmt::format(
        "The kernel counted an OOM kill, because {}. Which process it was is not known: no probe of kills "
        "runs on this node.",
        LimitHit(kill));
  }
  if (!told.cause.empty()) {
    what.summary += "; " + told.cause;
    what.reason += " In the minutes before, " + told.cause + ".";
  }
  return what;
}

Condition NodeFaultCondition(const NodeFault& fault) {
  const char* has = fault.type.ends_with("Ready") ? "does not have" : "has";
  return {.labels = {{"node", fault.node}, {"condition", fault.type}},
          .summary = fmt::format("Node {} {} {}: {}", fault.node, has, fault.type, fault.reason),
          .reason = NodeFaultReason(fault),
          .keep = std::chrono::seconds(30)};
}

std::string NodeFaultReason(const NodeFault& fault) {
  // Either of the machine's own words may be missing.
  const std::string because =
      fault.reason + (fault.reason.empty() || fault.message.empty() ? "" : ". ") + fault.message;
  return fmt::format("The node's condition {} is {}: {}", fault.type, fault.status, because);
}

}  // namespace loadline::collector
