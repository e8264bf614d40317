// What is known of a node besides what its agent says: whether anything answers at its kubelet's port. A connection that
// is accepted or refused there shows that the way to the machine is well, and its kernel's network. That is all it shows: the
// kernel accepts for a program that never runs again. An answer to a request shows that programs run.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "schemas/base/clock.h"

namespace loadline::collector {

// Of a node's Lease, which its kubelet renews at the API server each 10 s, since the node is in doubt.
struct LeaseWitness {
  std::optional<Mono> first;  // asked for then, and answered: what stood there may be from before
  Mono last{};                // the last time that it was asked for, and answered
  std::optional<Mono>
      renewed;  // seen to have changed then: its kubelet has reached the API server since `first`
};

// What agents of other nodes found at its kubelet's port of late, by their nodes' names; each has reached kubelets before.
struct NeighbourWitness {
  std::vector<std::string> reach_it;     // a connection was accepted
  std::vector<std::string> refused;      // its machine is there, and its kubelet is not
  std::vector<std::string> find_nobody;  // nothing came back
  bool operator==(const NeighbourWitness&) const = default;
};

struct Witness {
  // Something has answered there before. Until then that nothing does may be a firewall's doing.
  bool knows = false;
  // Attempts in a row, the last ones: nothing came back, or the machine refused, having no kubelet.
  int unanswered = 0;
  int refused = 0;
  // The last time that a request was answered, and requests since that were not, in a row.
  std::optional<Mono> answered{};
  int mute = 0;
  // So many without an answer show that nobody is there: more where packets are lost (lost_attempts.h).
  int enough = 3;
  // Why it may be silent for a while and come back: "FreezeScheduled was announced 4 min ago". Then what nobody answers is
  // no second sign. Empty: it may not.
  std::string expected;
  // What is known of its Lease at the API server; nothing: nobody asks for it.
  std::optional<LeaseWitness> lease;
  NeighbourWitness neighbours;
};

}  // namespace loadline::collector
