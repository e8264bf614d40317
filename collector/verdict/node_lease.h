// What a node's Lease shows, of a node that is in doubt. Its kubelet renews it at the API server each 10 s, whoever else
// reaches the node: one that is renewed after the silence began shows that the kubelet runs, and that only the way from
// here is broken. Times in a Lease are by the node's clock and are not believed: what counts is that it changed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "collector/verdict/witness.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

enum class LeaseSays : std::uint8_t {
  kNotAsked,  // nobody asks for it, or nobody may
  kWaiting,   // it would not have to be renewed yet, or the API server does not answer
  kStill,     // it was not renewed in time
  kRenewed,   // it was, since the silence began, and not long ago
};

// What it says at `now`.
LeaseSays SaidBy(const std::optional<LeaseWitness>& lease, Mono now);

// What answers about one Lease have shown, and when the next question is due.
class NodeLease {
 public:
  // The node comes into doubt: what was before says nothing of now.
  explicit NodeLease(Mono now) : next_(now) {}

  [[nodiscard]] Mono next() const { return next_; }
  [[nodiscard]] const LeaseWitness& witness() const { return witness_; }

  // Asked at `asked`, it says that it was renewed at `renewed`, as it stands there; "" where there is none.
  void Answered(std::string_view renewed, Mono asked);
  // There was no answer.
  void Failed(Mono asked);

 private:
  LeaseWitness witness_;
  std::string stands_;
  Mono next_;
};

}  // namespace loadline::collector
