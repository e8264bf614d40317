#include "collector/app/fleet.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>

namespace loadline::collector {
namespace {

using enum NodeTrouble;

// Conditions of a node that are true when something is wrong: of its kernel's log, of node-problem-detector, of AKS.
struct Known {
  std::string_view condition;
  NodeTrouble trouble;
};
// The worst first.
constexpr std::array kConditions = std::to_array<Known>({
    {"KernelDeadlock", kKernelHung},
    {"ReadonlyFilesystem", kDiskReadOnly},
    {"XfsShutdown", kDiskReadOnly},
    {"FilesystemCorruptionProblem", kDiskReadOnly},
    {"KubeletProblem", kKubeletDead},
    {"MemoryPressure", kMemoryPressure},
    {"DiskPressure", kDiskPressure},
});

std::optional<NodeDiagnosis> ConditionOf(const std::vector<NodeFault>& faults,
                                         const std::vector<NodeFinding>& findings) {
  for (const Known& known : kConditions) {
    const auto finding = std::ranges::find(findings, known.condition, &NodeFinding::condition);
    if (finding != findings.end())
      return NodeDiagnosis{known.trouble, fmt::format("its kernel wrote: {}", finding->message)};
    const auto fault = std::ranges::find_if(
        faults, [&](const NodeFault& one) { return one.type == known.condition && one.status == "True"; });
    if (fault != faults.end())
      return NodeDiagnosis{known.trouble,
                           fmt::format("its condition {} is True: {}", fault->type, fault->reason)};
  }
  return std::nullopt;
}

// As systemd-oomd asks before it kills.
constexpr double kLivelocked = 0.6;

NodeDiagnosis OfHanging(const NodeVerdict& verdict, double stalled) {
  if (stalled < kLivelocked) return {kKernelHung, verdict.reason};
  return {kMemoryLivelock, fmt::format("{}; before that tasks waited for memory {:.0f} % of the time",
                                       verdict.reason, stalled * 100)};
}

NodeDiagnosis OfSilence(const NodeVerdict& verdict, double stalled) {
  switch (verdict.silence_of) {
    case SilenceOf::kAgent:
      return {kAgentDead, verdict.reason};
    case SilenceOf::kKubelet:
      return {kKubeletDead, verdict.reason};
    case SilenceOf::kNode:
      return {kPartitioned, verdict.reason};
    case SilenceOf::kHung:
      return OfHanging(verdict, stalled);
    case SilenceOf::kUnknown:
      break;
  }
  return {kUnknown, verdict.reason};
}

// Of a node whose agent reports.
std::optional<NodeDiagnosis> OfReadiness(const std::vector<NodeFault>& faults) {
  const auto ready = std::ranges::find(faults, "Ready", &NodeFault::type);
  if (ready == faults.end()) return std::nullopt;
  if (ready->status == "Unknown")
    return NodeDiagnosis{kKubeletDead,
                         "its agent reports, and its kubelet has stopped telling the API server"};
  return NodeDiagnosis{kUnknown, fmt::format("its kubelet says that it is not ready: {}", ready->reason)};
}

// Of the last window that came.
double StalledOf(const Node& node) {
  const auto last = node.pressure.Over({});
  return last ? last->last.value : 0;
}

bool FollowsNodes(const ClusterSource& cluster) {
  const std::vector<WatchView> watches = cluster.Watches();
  const auto nodes = std::ranges::find(watches, "nodes", &WatchView::kind);
  return nodes != watches.end() && nodes->state == "following";
}

}  // namespace

NodeDiagnosis Diagnose(const NodeVerdict& verdict, const std::vector<NodeFault>& faults,
                       const std::vector<NodeFinding>& findings, double stalled) {
  const bool silent = verdict.state == NodeState::kSilent;
  // What its kernel or its kubelet said before is no longer what is the matter with it.
  if (silent && verdict.silence_of != SilenceOf::kAgent) return OfSilence(verdict, stalled);
  const auto condition = ConditionOf(faults, findings);
  const bool pressed =
      condition && (condition->trouble == kMemoryPressure || condition->trouble == kDiskPressure);
  if (condition && !pressed) return *condition;
  if (const auto readiness = OfReadiness(faults); readiness && !silent) return *readiness;
  if (silent) return OfSilence(verdict, stalled);
  if (verdict.state == NodeState::kStale) return {kAgentDead, verdict.reason};
  return condition.value_or(NodeDiagnosis{});
}

Fleet FleetOf(const Model& model, const Judge& judge, const ClusterSource& cluster, Wall now) {
  Fleet fleet{.blind = judge.in_doubt() || !FollowsNodes(cluster)};
  std::map<std::string, std::vector<NodeFault>> faults;
  for (const NodeFault& fault : cluster.Faults().nodes) faults[fault.node].push_back(fault);
  model.nodes().ForEach([&](NodeId, const Node& node) {
    const std::optional<NodeMarks> marks = cluster.MarksOf(node.name);
    if (!marks) return;
    NodeDiagnosis diagnosis =
        Diagnose(judge.Of(node.name), faults[node.name], node.findings.all(), StalledOf(node));
    fleet.nodes.push_back({.name = node.name,
                           .pool = node.place.pool,
                           .zone = node.place.zone,
                           .trouble = diagnosis.trouble,
                           .evidence = std::move(diagnosis.evidence),
                           .cordoned = marks->cordoned,
                           .maintenance = MaintenanceOf(*marks, now)});
  });
  return fleet;
}

}  // namespace loadline::collector
