#include "collector/simulate/score.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

namespace loadline::collector {
namespace {

// To be heard again, by us and by the API server, and to be held for well.
constexpr double kRecovers = 90;
// A collector that is cut off from most nodes knows it by then.
constexpr double kBlindWithin = 5;

bool IsAmong(const std::vector<SaidOfNode>& all, const SaidOfNode& said) {
  return std::ranges::find(all, said) != all.end();
}

// Of a node that comes back the API server may hear first, then its kernel, its kubelet, and at last the agent.
const std::vector<SaidOfNode>& OnTheWayBack() {
  using enum NodeTrouble;
  static const std::vector<SaidOfNode> kAll = {kPartitionedFromCollector, kUnknown, kAgentDead};
  return kAll;
}

}  // namespace

Score::Score(SimulatedCluster& cluster)
    : cluster_(cluster), said_(cluster.members().size(), NodeTrouble::kNone) {
  for (const Befallen& befallen : cluster.befallen()) {
    if (befallen.node) of_node_[*befallen.node].push_back(judged_.size());
    judged_.push_back({.befallen = &befallen});
  }
}

void Score::Looked(const Fleet& fleet, double at) {
  std::map<std::string_view, const RepairNode*> seen;
  for (const RepairNode& node : fleet.nodes) seen.emplace(node.name, &node);
  for (std::size_t i = 0; i < said_.size(); ++i) {
    const auto found = seen.find(cluster_.members()[i].node.name());
    if (found == seen.end()) {
      LookAt(i, std::nullopt, "its Node was taken away", at);
    } else {
      LookAt(i, found->second->trouble, found->second->evidence, at);
    }
  }
  for (Judged& judged : judged_) {
    if (!judged.befallen->node) LookAtCollector(judged, fleet, at);
  }
}

void Score::LookAt(std::size_t node, const SaidOfNode& said, const std::string& evidence, double at) {
  const auto befallen = of_node_.find(node);
  for (const std::size_t which : befallen != of_node_.end() ? befallen->second : std::vector<std::size_t>{}) {
    Judged& judged = judged_[which];
    const SimulatedFault& fault = *judged.befallen->fault;
    if (!fault.span.Has(at) || UnderRepair(node, at)) continue;
    if (judged.said != said) judged.evidence = evidence;
    judged.said = said;
    if (IsAmong(TraitsOf(fault.kind).right, said)) {
      if (!judged.right_since) judged.right_since = at;
    } else if (judged.right_since) {
      judged.lost = true;
    }
  }
  const bool is_news = std::exchange(said_[node], said) != said;
  if (is_news && said != NodeTrouble::kNone && !Explained(node, said, at))
    false_.push_back({at, cluster_.members()[node].node.name(), said, evidence});
}

// Whatever it holds of nodes must not change for it; and when it hears less than half of them, it has to know.
void Score::LookAtCollector(Judged& judged, const Fleet& fleet, double at) {
  const SimulatedFault& fault = *judged.befallen->fault;
  if (!fault.span.Has(at)) return;
  if (fault.kind != FaultKind::kCollectorCutOff) return;
  if (fleet.blind) {
    if (!judged.right_since) judged.right_since = at;
  } else if (at - fault.span.from > kBlindWithin) {
    judged.lost = true;
  }
}

// It is down on purpose, or was just now.
bool Score::UnderRepair(std::size_t node, double at) const {
  const double until = cluster_.members()[node].repaired_until;
  return until > 0 && at < until + kRecovers;
}

bool Score::Explained(std::size_t node, const SaidOfNode& said, double at) const {
  if (UnderRepair(node, at)) return true;
  return std::ranges::any_of(judged_, [&](const Judged& judged) {
    const SimulatedFault& fault = *judged.befallen->fault;
    const FaultTraits& traits = TraitsOf(fault.kind);
    if (judged.befallen->node != node || at < fault.span.from || at >= fault.span.to + kRecovers)
      return false;
    const bool over = at >= fault.span.to;
    const bool early = over || at < fault.span.from + traits.within;
    return IsAmong(traits.right, said) || (early && IsAmong(traits.before, said)) ||
           (over && IsAmong(OnTheWayBack(), said));
  });
}

bool Score::Acted(const RepairIntent& intent, double at) {
  if (!TakesCapacity(intent.step)) return false;
  return std::ranges::none_of(judged_, [&](const Judged& judged) {
    const SimulatedFault& fault = *judged.befallen->fault;
    return judged.befallen->node && TraitsOf(fault.kind).may_be_taken && at >= fault.span.from &&
           (fault.span.Has(at) || fault.healed) &&
           cluster_.members()[*judged.befallen->node].node.name() == intent.node;
  });
}

std::vector<FaultScore> Score::Faults(double last) const {
  std::vector<FaultScore> scores;
  for (const Judged& judged : judged_) {
    const SimulatedFault& fault = *judged.befallen->fault;
    const FaultTraits& traits = TraitsOf(fault.kind);
    FaultScore score{
        .kind = fault.kind, .at = fault.span.from, .said = judged.said, .evidence = judged.evidence};
    if (judged.befallen->node) score.node = cluster_.members()[*judged.befallen->node].node.name();
    // One that stands still says nothing, which is right.
    if (traits.of_collector && fault.kind != FaultKind::kCollectorCutOff) score.after = 0;
    if (judged.right_since) score.after = std::max(0.0, *judged.right_since - fault.span.from);
    // What cannot be right at once has the time until the end, where that is sooner.
    const bool healthy_is_right = IsAmong(traits.right, NodeTrouble::kNone);
    const bool in_time = score.after && (healthy_is_right || *score.after <= traits.within);
    score.right = in_time && !judged.lost;
    if (traits.of_collector) {
      const double until = std::min(last, fault.span.to + kRecovers);
      score.right = score.right && std::ranges::none_of(false_, [&](const FalseVerdict& verdict) {
                      return verdict.at >= fault.span.from && verdict.at < until;
                    });
    }
    scores.push_back(std::move(score));
  }
  return scores;
}

}  // namespace loadline::collector
