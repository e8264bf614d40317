#include <fmt/format.h>

#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

constexpr Threshold<double> kUsed{"threshold", "The share of a disk that is used.", 0.9, 0.01, 1};

void DetectNodeDiskFull(const NodeSeen& seen, const RuleSettings& settings, Found& found) {
  if (seen.verdict.signs.state != NodeState::kReporting) return;
  const double threshold = settings.Of(kUsed);
  for (const wire::NodeWindow::Disk& disk : seen.node.last.disks) {
    const double used =
        disk.total > 0 ? 1 - static_cast<double>(disk.free) / static_cast<double>(disk.total) : 0.0;
    if (used < threshold) continue;
    found.Add(
        {.labels = {{"node", seen.node.name}, {"disk", disk.path}},
         .summary = fmt::format("{} on node {} is {:.0f} % full", disk.path, seen.node.name, used * 100),
         .reason = fmt::format("{} of {} are free, threshold {:.0f} % used.", FormatBytes(disk.free),
                               FormatBytes(disk.total), threshold * 100),
         .keep = std::chrono::minutes(1)});
  }
}

}  // namespace

Rule NodeDiskFull() {
  return {.name = "NodeDiskFull",
          .meaning = "A disk of the node has little room left.",
          .remedy = "Remove images and logs, or grow the disk, before the kubelet evicts pods.",
          .severity = Severity::kSev2,
          .hold = std::chrono::minutes(1),
          .thresholds = {kUsed},
          // Not own: of disks a node names as many as it likes.
          .example = {{"node", "node-1"}, {"disk", "/var"}},
          .detect = DetectNodeDiskFull};
}

}  // namespace loadline::collector::rules
