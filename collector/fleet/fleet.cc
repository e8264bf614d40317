#include "collector/fleet/fleet.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "collector/fleet/announced.h"
#include "schemas/wire/health_sources.h"

namespace loadline::collector {
namespace {

using enum NodeTrouble;

// Conditions of a node that are true when something is wrong: of its kernel's log, of checks, of node-problem-detector, of
// AKS.
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
    {"MemoryLivelock", kMemoryLivelock},
    {"MemoryPressure", kMemoryPressure},
    {"DiskPressure", kDiskPressure},
});

const char* WhoSays(const NodeFinding& finding) {
  if (finding.source == wire::kCheckSource) return "a check on it found";
  return finding.source == wire::kPluginSource ? "a plugin on it found" : "its kernel wrote";
}

std::optional<NodeDiagnosis> ConditionOf(const std::vector<NodeFault>& faults,
                                         const std::vector<NodeFinding>& findings) {
  for (const Known& known : kConditions) {
    const auto finding = std::ranges::find(findings, known.condition, &NodeFinding::condition);
    if (finding != findings.end())
      return NodeDiagnosis{known.trouble, fmt::format("{}: {}", WhoSays(*finding), finding->message)};
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

// The API server takes a kubelet's word for 50 s (40 s before Kubernetes 1.32), and looks each 5 s: by then it has missed who
// is not there, and has heard of who is there again.
constexpr Duration kApiServerKnows = std::chrono::seconds(60);

const NodeFault* ReadyIn(const std::vector<NodeFault>& faults) {
  const auto ready = std::ranges::find(faults, "Ready", &NodeFault::type);
  return ready != faults.end() ? &*ready : nullptr;
}

// Of a node at which nothing answers.
NodeDiagnosis OfNoAnswer(const NodeEvidence& evidence) {
  const NodeVerdict& verdict = evidence.verdict;
  if (verdict.lease == LeaseSays::kStill)
    return {kPartitioned, verdict.reason + "; its kubelet does not renew its Lease at the API server either"};
  const NodeFault* ready = ReadyIn(evidence.faults);
  const bool missed = ready != nullptr && ready->status == "Unknown";
  // Of one that leaves nobody says any more whether it is ready.
  const bool leaves = evidence.maintenance && evidence.maintenance->kind == MaintenanceKind::kLeaving;
  if (missed || leaves || verdict.signs.silent_for < kApiServerKnows) return {kPartitioned, verdict.reason};
  return {kPartitionedFromCollector, verdict.reason + "; the API server hears its kubelet"};
}

// Of one that others reach. A kubelet that hangs is reached by its kernel's grace.
NodeDiagnosis OfBrokenWay(const NodeEvidence& evidence) {
  const NodeVerdict& verdict = evidence.verdict;
  const NodeFault* ready = ReadyIn(evidence.faults);
  if (ready == nullptr || ready->status != "Unknown" || verdict.lease == LeaseSays::kRenewed)
    return {kPartitionedFromCollector, verdict.reason};
  return {kPartitioned, verdict.reason + "; the API server does not hear its kubelet"};
}

NodeDiagnosis OfSilence(const NodeEvidence& evidence) {
  const NodeVerdict& verdict = evidence.verdict;
  if (evidence.maintenance && evidence.maintenance->kind == MaintenanceKind::kScheduledEvent)
    return {kScheduled, verdict.reason};
  switch (verdict.silence_of) {
    case SilenceOf::kAgent:
      return {kAgentDead, verdict.reason};
    case SilenceOf::kKubelet:
      return {kKubeletDead, verdict.reason};
    case SilenceOf::kNode:
      return OfNoAnswer(evidence);
    case SilenceOf::kWay:
      return OfBrokenWay(evidence);
    case SilenceOf::kHung:
      return OfHanging(verdict, evidence.stalled);
    case SilenceOf::kUnknown:
      break;
  }
  return {kUnknown, verdict.reason};
}

// Of a node that is not silent.
std::optional<NodeDiagnosis> OfReadiness(const NodeEvidence& evidence) {
  const NodeLiveness& signs = evidence.verdict.signs;
  const NodeFault* ready = ReadyIn(evidence.faults);
  if (ready == nullptr) return std::nullopt;
  if (ready->status != "Unknown")
    return NodeDiagnosis{kUnknown, fmt::format("its kubelet says that it is not ready: {}", ready->reason)};
  if (signs.stopped)
    return NodeDiagnosis{
        kRebooting, evidence.verdict.reason + "; its kubelet does not tell the API server anything either"};
  // One that is not heard this moment, or was not yet, may be silent in the next, and whoever was away has to be missed no
  // longer first.
  if (signs.unheard || signs.suspect || (signs.back_for && *signs.back_for < kApiServerKnows))
    return std::nullopt;
  return NodeDiagnosis{kKubeletDead, "its agent reports, and its kubelet has stopped telling the API server"};
}

// Of the last window that came.
double StalledOf(const Node& node) {
  const auto last = node.pressure.Over({});
  return last ? last->last.value : 0;
}

// A node at which nothing answers is given up when its kubelet has not renewed its Lease in time; and where nobody asks for
// that, when it was not heard for about as long.
constexpr Duration kGivenUpAfter = std::chrono::seconds(12);

bool IsMissedByAll(const NodeVerdict& verdict) {
  if (verdict.neighbours == NeighboursSay::kReachIt || verdict.neighbours == NeighboursSay::kRefused)
    return false;
  if (verdict.lease == LeaseSays::kNotAsked) return verdict.signs.silent_for >= kGivenUpAfter;
  return verdict.lease == LeaseSays::kStill;
}

// What its agent was told is more than what stands on the node; whoever else is at work comes first.
std::optional<Maintenance> ExpectedOf(const std::optional<Maintenance>& others, const Node* node, Wall now) {
  if (others && others->kind != MaintenanceKind::kScheduledEvent &&
      others->kind != MaintenanceKind::kLeftAlone)
    return others;
  auto announced = node != nullptr ? AnnouncedOf(node->findings.all(), now) : std::nullopt;
  return announced ? announced : others;
}

bool FollowsNodes(const NodeFacts& cluster) {
  const std::vector<WatchView> watches = cluster.Watches();
  const auto nodes = std::ranges::find(watches, "nodes", &WatchView::kind);
  return nodes != watches.end() && nodes->state == "following";
}

}  // namespace

NodeDiagnosis Diagnose(const NodeEvidence& evidence) {
  const NodeVerdict& verdict = evidence.verdict;
  const bool silent = verdict.state == NodeState::kSilent;
  // What its kernel or its kubelet said before is no longer what is the matter with it.
  if (silent && verdict.silence_of != SilenceOf::kAgent) return OfSilence(evidence);
  const auto condition = ConditionOf(evidence.faults, evidence.findings);
  const bool pressed =
      condition && (condition->trouble == kMemoryPressure || condition->trouble == kDiskPressure);
  if (condition && !pressed) return *condition;
  if (silent) return OfSilence(evidence);
  if (auto readiness = OfReadiness(evidence)) return *readiness;
  if (verdict.state == NodeState::kStale) return {kAgentDead, verdict.reason};
  return condition.value_or(NodeDiagnosis{});
}

Fleet FleetOf(const Model& model, const Judge& judge, const NodeFacts& cluster, Wall now) {
  Fleet fleet{.blind = judge.in_doubt() || !FollowsNodes(cluster)};
  std::map<std::string, std::vector<NodeFault>> faults;
  for (const NodeFault& fault : cluster.Faults().nodes) faults[fault.node].push_back(fault);
  model.nodes().ForEach([&](NodeId, const Node& node) {
    const std::optional<NodeMarks> marks = cluster.MarksOf(node.name);
    if (!marks) return;
    const std::optional<Maintenance> others = MaintenanceOf(*marks, now);
    const std::optional<Maintenance> expected = ExpectedOf(others, &node, now);
    const bool left_alone = others && others->kind == MaintenanceKind::kLeftAlone;
    NodeDiagnosis diagnosis = Diagnose({.verdict = judge.Of(node.name),
                                        .faults = faults[node.name],
                                        .findings = node.findings.all(),
                                        .stalled = StalledOf(node),
                                        .maintenance = expected});
    fleet.nodes.push_back({.name = node.name,
                           .pool = node.place.pool,
                           .zone = node.place.zone,
                           .trouble = diagnosis.trouble,
                           .evidence = std::move(diagnosis.evidence),
                           .cordoned = marks->cordoned,
                           .maintenance = left_alone ? others : expected});
  });
  return fleet;
}

void TakeUnansweredForGone(Fleet& fleet, const Judge& judge) {
  for (RepairNode& node : fleet.nodes) {
    if (node.trouble == kPartitioned && IsMissedByAll(judge.Of(node.name))) node.trouble = kGone;
  }
}

void TakeAnnouncedForTrouble(Fleet& fleet) {
  for (RepairNode& node : fleet.nodes) {
    const bool announced = node.maintenance && node.maintenance->kind == MaintenanceKind::kScheduledEvent;
    if (!announced || !node.maintenance->takes || node.trouble != kNone) continue;
    node.trouble = kToBeTaken;
    node.evidence = std::exchange(node.maintenance, std::nullopt)->words;
  }
}

Witness Expecting(Witness witness, const std::optional<NodeMarks>& marks, const Node* node, Wall now) {
  const auto maintenance = ExpectedOf(marks ? MaintenanceOf(*marks, now) : std::nullopt, node, now);
  if (maintenance && maintenance->kind == MaintenanceKind::kScheduledEvent)
    witness.expected = maintenance->words;
  return witness;
}

bool MayHaveDied(const std::set<std::string, std::less<>>& doubtful, const Judge& judge,
                 const std::function<Witness(const std::string& node)>& witness_of) {
  return !judge.in_doubt() && std::ranges::any_of(doubtful, [&](const std::string& node) {
    return judge.Of(node).state != NodeState::kSilent && Judge::IsGone(witness_of(node));
  });
}

std::map<std::string, wire::ProbeNeighbours> QuestionsAbout(
    const std::set<std::string, std::less<>>& doubtful, Neighbours& neighbours, const Model& model,
    const Judge& judge,
    const std::function<std::optional<wire::KubeletPort>(const std::string& node)>& kubelet_of, Mono now) {
  std::vector<Neighbours::InDoubt> in_doubt;
  for (const std::string& name : doubtful) {
    const Node* node = model.FindNode(name);
    auto kubelet = kubelet_of(name);
    if (node != nullptr && kubelet) in_doubt.push_back({*std::move(kubelet), node->place.zone});
  }
  const auto well = [&] {
    std::vector<Neighbours::Well> nodes;
    model.nodes().ForEach([&](NodeId, const Node& node) {
      if (judge.Of(node.name).state == NodeState::kReporting && !doubtful.contains(node.name))
        nodes.push_back({node.name, node.place.zone, kubelet_of(node.name)});
    });
    return nodes;
  };
  return neighbours.Due(in_doubt, well, now);
}

std::vector<std::string> TakenAway(const Model& model, const Judge& judge,
                                   const std::function<bool(const std::string& node)>& is_gone) {
  std::vector<std::string> away;
  model.nodes().ForEach([&](NodeId, const Node& node) {
    if (judge.Of(node.name).state == NodeState::kSilent && is_gone(node.name)) away.push_back(node.name);
  });
  return away;
}

}  // namespace loadline::collector
