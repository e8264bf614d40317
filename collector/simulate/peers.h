// What others would say of the same nodes, and do about them, in a simulation: detectors that count heartbeats, Kubernetes'
// node controller, and two repairers that go by what that says. They change nothing.
//
//   Peers peers(cluster, seed);
//   peers.Heard(node, at);     // a heartbeat, at the collector
//   peers.Look(at, runs);      // each quarter of a second; `runs`: the collector does
//   peers.Scores();
//
// Saying so is right of a node that something befalls for which it is right to take it from its users (fault.h), and false of
// one that is up. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string_view>
#include <vector>

#include "collector/simulate/chance.h"
#include "collector/simulate/phi_accrual.h"
#include "collector/simulate/simulated_cluster.h"
#include "collector/simulate/suspicion.h"

namespace loadline::collector {

enum class Peer : std::uint8_t {
  kFixed5,
  kFixed50,
  kPhi,
  kMemberlist,
  kKubernetes,  // not ready, as its node controller says 40 or 50 s after the last word of the kubelet
  kAks,         // reboots what was not ready for five minutes; what it does then is not published as exactly
  // Replaces what was not ready for ten minutes (its rule on Azure), unless more than a fifth of the pool, rounded up, is not.
  kKarpenter,
};
inline constexpr std::size_t kPeers = 7;

struct PeerScore {
  std::vector<double> after;  // seconds, of the faults that it saw
  std::size_t faults = 0;     // that there were to be seen
  std::size_t falsely = 0;

  void Add(const PeerScore& other);
};
using PeerScores = std::array<PeerScore, kPeers>;

// "no heartbeat for 5 s"
std::string_view WordsOf(Peer peer);
// For machines: "fixed_5s"
std::string_view NameOf(Peer peer);

class Peers {
 public:
  // The cluster must outlive it.
  Peers(const SimulatedCluster& cluster, std::uint64_t seed);

  void Heard(std::size_t node, double at);
  void Look(double at, bool collector_runs);
  [[nodiscard]] PeerScores Scores() const;

 private:
  struct Watched {
    explicit Watched(std::size_t members) : memberlist(members) {}
    double heard = 0;
    PhiAccrual phi{};
    Suspicion memberlist;
    std::array<bool, kPeers> said{};
  };
  void Say(Peer peer, std::size_t node, bool dead, double at);
  // For so long Kubernetes has called it not ready.
  [[nodiscard]] double NotReadyFor(std::size_t node, double at) const;
  [[nodiscard]] bool PoolIsMostlyReady(std::size_t node) const;

  const SimulatedCluster& cluster_;
  Chance chance_;
  std::vector<Watched> watched_;
  PeerScores scores_;
  std::array<std::set<const SimulatedFault*>, kPeers> seen_;
};

}  // namespace loadline::collector
