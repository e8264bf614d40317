// The agent's side of the protocol, without threads and sockets: time comes in as an argument, frames go
// through a Transport. docs/protocol.md tells what is said when.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "agent/uplink/spool.h"
#include "agent/uplink/transport.h"
#include "schemas/base/clock.h"
#include "schemas/base/secret.h"
#include "schemas/wire/records.h"

namespace loadline::agent {

struct SessionOptions {
  Duration hello_timeout = std::chrono::seconds(3);
  Duration heartbeat_interval = std::chrono::seconds(1);
  // A collector that says nothing for so long, not even in answer to heartbeats, is taken for gone.
  Duration silence = std::chrono::seconds(10);
  // Between attempts: doubled each time, and shortened by a random part of up to a half, so that a thousand
  // agents do not come back at the same instant.
  Duration first_backoff = std::chrono::milliseconds(100);
  Duration longest_backoff = std::chrono::seconds(15);
  // Sent and not yet acknowledged, at most. More fills the collector's queue faster after a pause; less costs
  // round trips.
  std::size_t in_flight_records = 64;
  std::size_t in_flight_bytes = 2 << 20;
  std::uint32_t seed = 0;  // of the random part; 0: made from the node's name
};

// What the agent tells of its node's clocks.
inline wire::ClockReading ReadingOf(Mono mono, Wall wall) {
  return {.mono_ns = mono.time_since_epoch().count(), .wall_ns = wall.time_since_epoch().count()};
}

class Session {
 public:
  // `hello` is complete but for first_sequence and token; `token` is asked for every Hello. `spool` and
  // `transport` must outlive the session.
  Session(SessionOptions options, wire::Hello hello, std::function<Secret()> token, Spool& spool,
          Transport& transport);

  // A record of the agent's loop. `now` is also when the window of a report was closed.
  void Add(SpoolRecord record, Mono now);

  // Does all that is due: reads frames, greets, sends. To be called when something may have happened, and at
  // next_wake() at the latest.
  void Step(Mono now, Wall wall);

  // What the collector wants to know of other nodes' kubelets, since the last call.
  [[nodiscard]] wire::ProbeNeighbours TakeQuestions() { return std::exchange(questions_, {}); }
  // What was found at one of them: said at once, or never, for it is worth nothing later.
  void Answer(const wire::NeighbourProbed& found);

  // The agent was asked to end: the next Step says so to the collector, which then does not take the node for
  // silent while another agent starts there.
  void Stop();
  // The collector has answered since it was told.
  [[nodiscard]] bool stop_is_known() const { return stop_told_ && last_heard_ > *stop_told_; }

  // A Hello is out, and its answer may still come.
  [[nodiscard]] bool is_greeting() const { return state_ == State::kGreeting; }

  [[nodiscard]] Mono next_wake() const;
  // Whether something waits for the transport to take frames.
  [[nodiscard]] bool blocked() const { return blocked_; }

  // The collector that we talk to has committed this record of this epoch.
  struct Held {
    std::uint64_t lost_up_to = 0;  // acknowledged once, by a collector that has forgotten it
    std::uint64_t up_to = 0;
  };
  [[nodiscard]] const Held& held() const { return held_; }

  struct Counts {
    bool connected = false;
    std::optional<wire::RejectReason> rejected;
    std::uint32_t window_ms = 0;
    std::uint64_t sent_frames = 0;
    std::uint64_t sent_bytes = 0;
    std::uint64_t acknowledged_records = 0;
    std::uint64_t hellos = 0;
  };
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  enum class State { kWaiting, kGreeting, kLive };
  struct InFlight {
    RecordKey key;
    std::size_t bytes = 0;
  };

  void OnFrame(const wire::Frame& frame, Mono now);
  void OnWelcome(const wire::Welcome& welcome, Mono now);
  void OnReject(const wire::Reject& reject, Mono now);
  void OnAck(const wire::Ack& ack);
  void OnQuestion(const wire::ProbeNeighbours& asked);
  void OnRecordRefused();
  void Greet(Mono now, Wall wall);
  void TellSolitude(Mono now);
  void BackOff(Mono now);
  void SendHeartbeat(Mono now, Wall wall);
  void SendRecords();
  bool SendFrame(std::span<const std::byte> frame);

  const SessionOptions options_;
  const wire::Hello hello_;
  const std::function<Secret()> token_;
  Spool& spool_;
  Transport& transport_;
  std::minstd_rand random_;

  State state_ = State::kWaiting;
  Mono due_{};    // of the next Hello, or of giving up on the last
  Mono retry_{};  // of a Hello that found no connection
  int attempts_ = 0;
  Mono last_heard_{};
  std::optional<Mono> alone_since_;  // without a collector; absent while there is one
  bool solitude_told_ = false;
  bool turned_away_ = false;  // the last time that somebody was there, he did not know our key
  Mono next_heartbeat_{};
  bool stopping_ = false;
  std::optional<Mono> stop_told_;  // to the collector that we talk to
  std::optional<Mono> window_closed_;
  RecordKey cursor_;  // the last record sent on this connection
  std::vector<InFlight> in_flight_;
  std::size_t in_flight_bytes_ = 0;
  // After a frame was refused records go one at a time, until it is known which one it is.
  bool one_at_a_time_ = false;
  std::uint64_t last_added_ = 0;
  bool blocked_ = false;
  wire::ProbeNeighbours questions_;
  Held held_;
  Counts counts_;
};

}  // namespace loadline::agent
