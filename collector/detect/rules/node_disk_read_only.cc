#include <fmt/format.h>

#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

void DetectNodeDiskReadOnly(const NodeSeen& seen, const RuleSettings& /*settings*/, Found& found) {
  if (seen.verdict.signs.state != NodeState::kReporting) return;
  for (const wire::NodeWindow::Disk& disk : seen.node.last.disks) {
    if (!disk.read_only) continue;
    found.Add({.labels = {{"node", seen.node.name}, {"disk", disk.path}},
               .summary = fmt::format("{} on node {} is read-only", disk.path, seen.node.name),
               .reason = "The kernel remounts a file system so when its disk fails.",
               .keep = std::chrono::minutes(1)});
  }
}

}  // namespace

Rule NodeDiskReadOnly() {
  return {.name = "NodeDiskReadOnly",
          .meaning = "A disk of the node was remounted read-only.",
          .remedy = "Drain the node: its disk or its file system is broken.",
          .severity = Severity::kSev1,
          // Not own: of disks a node names as many as it likes.
          .example = {{"node", "node-1"}, {"disk", "/var"}},
          .detect = DetectNodeDiskReadOnly};
}

}  // namespace loadline::collector::rules
