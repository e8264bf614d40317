// What a node's clocks are worth: its records' times by the collector's clock, however wrong its own is.
//
//   clock.Heard(hello.clocks, now);                    // and with every heartbeat
//   const Duration off = clock.Correction(record, node.epoch, now);
//   if (off != Duration::zero()) MoveTimes(record, off);
//
// The node's time since boot is set by nobody. It differs from ours by the same amount at all times, and what
// a message was delayed only adds to what we see of that: the smallest difference of late is the true one. So
// what a record says by the node's wall clock is known by ours, though that clock was set between two records.
// Of an earlier start of the agent, which may have been before a reboot, only the wall clock's present error is
// known. Errors below a second are left alone. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "collector/ingest/delivery.h"
#include "schemas/base/clock.h"
#include "schemas/wire/records.h"

namespace loadline::collector {

class NodeClock {
 public:
  // Smaller ones are no fault: what is told is late by as much anyway.
  static constexpr Duration kTolerated = std::chrono::seconds(1);

  // A message that says what the node's clocks say has come. An older agent's does not: nothing is known then.
  void Heard(const wire::ClockReading& clocks, Received now);

  // What is to be added to the times of a record of that epoch. Zero where its clock is right, or unknown.
  [[nodiscard]] Duration Correction(const wire::Record& record, std::uint64_t epoch, Received now) const;

  // How far the node's wall clock is ahead of ours; below zero: behind. Unknown of an older agent.
  [[nodiscard]] std::optional<Duration> Ahead() const { return ahead_; }

 private:
  // Heartbeats come each second. A machine that was paused is behind by that from then on.
  static constexpr std::size_t kKept = 8;

  // Our time since boot less the node's.
  [[nodiscard]] std::int64_t Difference() const;
  // How much longer it took than the quickest of late.
  [[nodiscard]] Duration Age(const wire::ClockReading& made, Mono now) const;

  std::array<std::int64_t, kKept> differences_{};
  std::size_t heard_ = 0;
  std::optional<Duration> ahead_;
};

// Moves all times of a record.
void MoveTimes(wire::Record& record, Duration by);

}  // namespace loadline::collector
