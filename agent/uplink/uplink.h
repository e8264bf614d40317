// Getting it out: what the agent's loop hands over here reaches the collector, or is counted as dropped.
//
//   Result<std::unique_ptr<Uplink>> uplink = StartUplink(options, clock);
//   const std::uint64_t sequence = (*uplink)->Send(window.Close(now));
//   ...
//   if ((*uplink)->Status().Holds(sequence)) { /* the collector knows the identities of that report */ }
//
// Nothing here waits: records are numbered, encoded and queued, and a thread of the uplink's own does the
// rest (docs/protocol.md). All members are thread-safe, but records are expected from one thread, in order.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "agent/uplink/session.h"
#include "agent/uplink/spool.h"
#include "agent/uplink/transport.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"
#include "schemas/wire/records.h"

namespace loadline::agent {

struct UplinkOptions {
  std::string endpoint;       // "tcp://collector.example:7400"
  std::string collector_key;  // the collector's public CURVE key, 40 characters of Z85
  std::string key_file;       // the secret CURVE key that agents were given; see ZmqTransportOptions
  std::string token_file;     // read anew for every Hello, since tokens are rotated; empty: no token
  wire::Hello hello;          // who we are; epoch, first_sequence and token are filled in by the uplink
  SpoolOptions spool;
  SessionOptions session;
  // How long its end waits for a collector that is away to take what is left. 0: one that answers has a
  // second, one that does not is not waited for.
  Duration linger{0};
};

// What the uplink has done so far. Counts since the start of the agent.
struct UplinkStatus {
  bool connected = false;                      // the collector has welcomed us
  std::optional<wire::RejectReason> rejected;  // why it does not, when it says so
  std::uint64_t epoch = 0;                     // of this agent start
  std::uint64_t last_sequence = 0;             // given to a record
  std::uint64_t acknowledged_sequence = 0;     // of this epoch
  std::uint64_t lost_up_to = 0;                // acknowledged once, by a collector that has forgotten it
  std::uint32_t window_ms = 0;                 // asked for by the collector; 0: nothing
  std::uint64_t sent_frames = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t acknowledged_records = 0;
  std::uint64_t dropped_reports = 0;
  std::uint64_t dropped_events = 0;
  std::uint64_t refused_records = 0;  // could not be encoded: a fault of ours
  std::uint64_t spooled_records = 0;  // now
  std::uint64_t spooled_bytes = 0;    // now
  std::uint64_t hellos = 0;
  std::uint64_t disk_errors = 0;

  // Whether the collector that we talk to has committed the record of this sequence. Turns false again when a
  // collector comes that has lost it: then what it must know has to be said again.
  [[nodiscard]] bool Holds(std::uint64_t sequence) const {
    return sequence > lost_up_to && sequence <= acknowledged_sequence;
  }
};

class Uplink {
 public:
  virtual ~Uplink() = default;

  // Takes over a report; one too large for a frame becomes several records. Fills in what the spool has
  // dropped since the last report. Returns the sequence of the (last) record.
  virtual std::uint64_t Send(wire::Report report) = 0;

  // Takes over an urgent event and sends it at once. Returns its sequence.
  virtual std::uint64_t Send(wire::Event event) = 0;

  [[nodiscard]] virtual UplinkStatus Status() const = 0;
};

// Opens the spool (with what an earlier start of the agent left there), and starts the thread. Destruction
// stops it; what is not acknowledged within a second stays in the spool's directory, or is lost without one.
// Fails when the key is not one or the spool's directory cannot be used; an unreachable collector is no
// failure. `clock` must outlive the uplink.
[[nodiscard]] Result<std::unique_ptr<Uplink>> StartUplink(UplinkOptions options, const Clock& clock);

// The same over a transport and a spool of one's choice.
[[nodiscard]] std::unique_ptr<Uplink> MakeUplink(UplinkOptions options, Spool spool,
                                                 std::unique_ptr<Transport> transport, const Clock& clock);

}  // namespace loadline::agent
