#include "collector/detect/node_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "schemas/wire/health_sources.h"

namespace loadline::collector {
namespace {

using enum CheckRule;

constexpr std::array kWords = std::to_array<CheckWords>({
    {"KubeletProblem", kFailed, "its kubelet does not answer, or says that it is not well",
     "See `journalctl -u kubelet` on the node and restart the kubelet; pods there are no longer looked "
     "after."},
    {"ContainerRuntimeProblem", kFailed, "its container runtime does not answer",
     "See `journalctl -u containerd` on the node and restart it; no pod starts or ends there."},
    {"ReadonlyFilesystem", kFailed, "a file system has become read-only",
     "Drain the node: its disk or its file system is broken."},
    {"MemoryLivelock", kFailed, "it does little but reclaim memory",
     "Evict what uses the most memory; give pods without a memory limit one."},
    {"FilesystemFull", kDegraded, "a file system is full", "Remove what fills it, or make it larger."},
    {"InodesExhausted", kDegraded, "a file system has hardly any inodes left",
     "Remove many small files: old logs, images, layers."},
    {"MountNotResponding", kDegraded, "a mounted file system does not answer",
     "See whether its server or disk is there; what uses it hangs and cannot be killed."},
    {"ConntrackFull", kDegraded, "its table of connections is nearly full",
     "Find who opens so many, or raise net.netfilter.nf_conntrack_max; new connections are dropped when it "
     "is full."},
    {"PIDsExhausted", kDegraded, "it has hardly any process ids left",
     "Find who starts so many threads; give its pods a limit (podPidsLimit of the kubelet)."},
    {"FileHandlesExhausted", kDegraded, "it can hardly open any more files",
     "Find who holds so many open (`lsof`), or raise fs.file-max."},
    {"DNSProblem", kDegraded, "names do not resolve there",
     "See the cluster's DNS (CoreDNS), and when other nodes are well the network between."},
    {"IOStalled", kDegraded, "all that runs there waits for a disk",
     "See whether the disk is broken, or throttled by its size; move what uses it most."},
    {"ZombieProcesses", kUntidy, "it has many zombie processes",
     "Mend or restart the parent, which does not wait for its children."},
    {"ClockUnsynchronised", kUntidy, "no time service keeps its clock",
     "Start a time service on the node (chrony)."},
});
constexpr CheckWords kPlugin{{}, kDegraded, {}, "See what the program that checks it means by that."};

}  // namespace

const CheckWords& WordsOfCheck(std::string_view condition) {
  const auto known = std::ranges::find(kWords, condition, &CheckWords::condition);
  return known != kWords.end() ? *known : kPlugin;
}

bool IsOfKernelLog(const NodeFinding& finding) {
  return finding.source != wire::kCheckSource && finding.source != wire::kPluginSource &&
         finding.source != wire::kScheduledEvents;
}

void FindChecks(const NodeSeen& seen, CheckRule rule, Found& found) {
  for (const NodeFinding& finding : seen.node.findings.all()) {
    const bool is_plugin = finding.source == wire::kPluginSource;
    if (finding.condition.empty() || (finding.source != wire::kCheckSource && !is_plugin)) continue;
    const CheckWords& words = is_plugin ? kPlugin : WordsOfCheck(finding.condition);
    if (words.rule != rule) continue;
    const std::string& node = seen.node.name;
    found.Add({.labels = {{"node", node}, {"condition", finding.condition}},
               .summary = words.is.empty()
                              ? fmt::format("Node {} has {}: {}", node, finding.condition, finding.reason)
                              : fmt::format("Node {}: {}", node, words.is),
               .reason = fmt::format("{} on it found: {}. {}", is_plugin ? "A plugin" : "A check",
                                     finding.message, words.remedy)});
  }
}

}  // namespace loadline::collector
