// What attempts at the port of one node's kubelet have shown, and when the next one is due. Whoever makes the attempts says
// here how they went.
//
// A node in no doubt is asked now and then, so that it is known whether an answer can come at all, and how many attempts are
// lost on the way; more often at first. One in doubt is asked again and again.
#pragma once

#include <cstdint>
#include <utility>

#include "collector/verdict/lost_attempts.h"
#include "collector/verdict/witness.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

struct PortPace {
  // A healthy node of the same network answers within a few milliseconds. In doubt the next attempt follows after this.
  Duration patience = std::chrono::milliseconds(400);
  // For the answer to a request. A starved kubelet may take a second.
  Duration answer = std::chrono::seconds(2);
  Duration calm = std::chrono::minutes(1);      // between two attempts on a node that nobody doubts
  Duration acquaint = std::chrono::seconds(3);  // the same, until it is known how many are lost on the way
};

// Of an attempt to connect.
enum class PortAnswer : std::uint8_t { kNothing, kRefused, kAccepted };

class PortRecord {
 public:
  PortRecord() = default;
  // Of a port that was known before.
  explicit PortRecord(Witness remembered) : witness_(std::move(remembered)) {}

  [[nodiscard]] const Witness& witness() const { return witness_; }
  // When the next attempt is due.
  [[nodiscard]] Mono next() const { return next_; }

  // The node comes into doubt: what was before says nothing of now but how the line is, for it has been heard since.
  void Doubt(Mono now);
  // An attempt is made.
  void Begin(bool doubted, Mono now, const PortPace& pace);
  void Settle(PortAnswer answer);
  // A request waits for its answer: on another connection none is made.
  [[nodiscard]] bool listening() const { return listening_; }
  void Requested() { listening_ = true; }
  // How it ended.
  void Answered(bool answered, Mono now);

 private:
  Duration CalmPause(const PortPace& pace);
  void There();

  Witness witness_;
  LostAttempts lost_;
  Mono next_{};
  Duration pause_{};  // until the next one, while nothing has answered
  bool listening_ = false;
};

}  // namespace loadline::collector
