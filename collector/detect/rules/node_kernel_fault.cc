// What the kernel's log, or a user's program, says has happened: an oops, a lockup, a disk that fails. It is told of for a while after the last
// time, because nothing says when it is over.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "collector/detect/node_checks.h"
#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

constexpr Threshold<Duration> kKeep{"keep", "For how long after the last time it is told of.",
                                    std::chrono::minutes(10), std::chrono::seconds(10), kAnyTime};

// Worth a line on the node's page and a count, and nobody's night: corrected by itself, told by another rule, or of one
// container. What a rule of the user's own finds is always told.
bool IsMinor(std::string_view reason) {
  constexpr std::array<std::string_view, 13> kMinor = {
      "KernelWarning",      "LockingFault",        "PidsLimitReached",     "PageAllocationFailure",
      "SystemOom",          "MachineCheckLogged",  "MemoryCorrectedError", "HardwareErrorCorrected",
      "PcieCorrectedError", "CpuThermalThrottled", "Ext4Warning",          "HypervVfRemoved",
      "IrqNobodyCared"};
  return std::ranges::find(kMinor, reason) != kMinor.end();
}

void DetectNodeKernelFault(const NodeSeen& seen, const RuleSettings& settings, Found& found) {
  for (const NodeFinding& finding : seen.node.findings.all()) {
    if (!finding.condition.empty() || IsMinor(finding.reason)) continue;
    if (seen.cluster.evidence.wall - finding.last >= settings.Of(kKeep)) continue;
    const std::string times = finding.times > 1 ? fmt::format(", {} times", finding.times) : "";
    found.Add(
        {.labels = {{"node", seen.node.name}, {"reason", finding.reason}},
         .summary = fmt::format("{} on node {}{}", finding.reason, seen.node.name, times),
         .reason = fmt::format("{}: {}", IsOfKernelLog(finding) ? "Its kernel wrote" : "A plugin on it found",
                               finding.message)});
  }
}

}  // namespace

Rule NodeKernelFault() {
  return {.name = "NodeKernelFault",
          .meaning = "The kernel's log, or a plugin, says that something of the node has failed.",
          .remedy = "Read what was found; when it comes again, drain the node and replace it.",
          .severity = Severity::kSev2,
          // Not own: its kernel's log names as many as it likes.
          .thresholds = {kKeep},
          .example = {{"node", "node-1"}, {"reason", "TaskHung"}},
          .detect = DetectNodeKernelFault};
}

}  // namespace loadline::collector::rules
