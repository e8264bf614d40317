#include "collector/simulate/peers.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

namespace loadline::collector {
namespace {

struct PeerTraits {
  std::string_view name;
  std::string_view words;
};
constexpr std::array<PeerTraits, kPeers> kTraits = {{
    {"fixed_5s", "no heartbeat for 5 s"},
    {"fixed_50s", "no heartbeat for 50 s"},
    {"phi_8", "phi accrual, threshold 8"},
    {"memberlist", "memberlist (SWIM)"},
    {"kubernetes", "Kubernetes: not ready"},
    {"aks", "AKS auto-repair: reboot"},
    {"karpenter", "Karpenter: replace"},
}};

constexpr double kPhiThreshold = 8;
constexpr double kAksWaits = 300;
constexpr double kKarpenterWaits = 600;
constexpr double kKarpenterUnhealthy = 0.2;  // of a pool, rounded up

bool TakesItDown(FaultKind kind) {
  return kind == FaultKind::kReboot || kind == FaultKind::kRebootAnnounced ||
         kind == FaultKind::kFreezeAnnounced;
}

}  // namespace

std::string_view WordsOf(Peer peer) {
  return kTraits.at(static_cast<std::size_t>(peer)).words;
}

std::string_view NameOf(Peer peer) {
  return kTraits.at(static_cast<std::size_t>(peer)).name;
}

void PeerScore::Add(const PeerScore& other) {
  std::ranges::copy(other.after, std::back_inserter(after));
  faults += other.faults;
  falsely += other.falsely;
}

Peers::Peers(const SimulatedCluster& cluster, std::uint64_t seed)
    : cluster_(cluster),
      chance_(seed),
      watched_(cluster.members().size(), Watched(cluster.members().size())) {}

void Peers::Heard(std::size_t node, double at) {
  watched_[node].phi.Heard(at);
  watched_[node].heard = at;
}

void Peers::Look(double at, bool collector_runs) {
  for (std::size_t node = 0; node < watched_.size(); ++node) {
    Watched& watched = watched_[node];
    const SimulatedCluster::Member& member = cluster_.members()[node];
    if (collector_runs) {
      Say(Peer::kFixed5, node, at - watched.heard >= 5, at);
      Say(Peer::kFixed50, node, at - watched.heard >= 50, at);
      Say(Peer::kPhi, node, watched.phi.IsDead(at, kPhiThreshold), at);
    }
    const auto answers = [&] { return member.node.AgentAnswersMembers(at, chance_); };
    Say(Peer::kMemberlist, node, watched.memberlist.IsDead(at, answers), at);
    const double not_ready = NotReadyFor(node, at);
    Say(Peer::kKubernetes, node, not_ready > 0, at);
    Say(Peer::kAks, node, not_ready >= kAksWaits, at);
    const bool replaces = not_ready >= kKarpenterWaits && PoolIsMostlyReady(node);
    // What was replaced is not taken back when others become unready.
    Say(Peer::kKarpenter, node,
        replaces || (not_ready > 0 && watched.said[static_cast<std::size_t>(Peer::kKarpenter)]), at);
  }
}

void Peers::Say(Peer peer, std::size_t node, bool dead, double at) {
  const auto which = static_cast<std::size_t>(peer);
  if (std::exchange(watched_[node].said[which], dead) == dead || !dead) return;
  bool is_up = cluster_.members()[node].repaired_until <= at;
  for (const SimulatedFault& fault : cluster_.members()[node].node.faults()) {
    if (!fault.span.Has(at)) continue;
    if (TakesItDown(fault.kind)) is_up = false;
    if (!TraitsOf(fault.kind).may_be_taken) continue;
    is_up = false;
    if (seen_[which].insert(&fault).second) scores_[which].after.push_back(at - fault.span.from);
  }
  if (is_up) ++scores_[which].falsely;
}

double Peers::NotReadyFor(std::size_t node, double at) const {
  const SimulatedCluster::Member& member = cluster_.members()[node];
  return member.unknown_since ? std::max(at - *member.unknown_since, 1e-9) : 0;
}

bool Peers::PoolIsMostlyReady(std::size_t node) const {
  const std::string& pool = cluster_.members()[node].place.pool;
  double nodes = 0;
  double unready = 0;
  for (const SimulatedCluster::Member& member : cluster_.members()) {
    if (member.place.pool != pool || !member.exists) continue;
    ++nodes;
    unready += member.unknown_since ? 1 : 0;
  }
  return unready <= std::ceil(kKarpenterUnhealthy * nodes);
}

PeerScores Peers::Scores() const {
  PeerScores scores = scores_;
  for (const Befallen& befallen : cluster_.befallen()) {
    if (!befallen.node || !TraitsOf(befallen.fault->kind).may_be_taken) continue;
    for (PeerScore& score : scores) ++score.faults;
  }
  return scores;
}

}  // namespace loadline::collector
