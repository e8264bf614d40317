// The network side of ingest: a TCP socket behind which every connection speaks ZMTP with CURVE. One thread
// owns it; only Wake and Metrics may be called by others.
//
// Everything that a peer can make it keep or do is bounded: connections and handshakes by address and
// altogether (Admission), the bytes of a message that has not ended, the answers that nobody reads, and what
// is read of one peer in a second. A peer that meets a bound is ended, and counted by its address and the
// reason.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "collector/ingest/admission.h"
#include "collector/ingest/agent_keys.h"
#include "collector/ingest/curve_keys.h"
#include "collector/ingest/metrics.h"
#include "collector/ingest/reception.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::collector {

struct RouterLimits {
  AdmissionLimits admission;
  // A message of a peer that has not said which node it is: a Hello with the largest token.
  std::size_t hello_bytes = 64 << 10;
  // Of messages that have not ended: how much is kept of one address and altogether, and for how long.
  std::size_t unfinished_of_address = 32 << 20;
  std::size_t unfinished = 128 << 20;
  Duration unfinished_for = std::chrono::seconds(60);
  // Answers that a peer has not taken.
  std::size_t unread_answers = 256 << 10;
  // What is read of one peer: so much at once, and so much a second on. Each message counts a KiB more than
  // it has, for it costs work of its own.
  double bytes_at_once = 32 << 20;
  double bytes_a_second = 4 << 20;
  // The same of one that has not said which node it is: all that it has to say is Hello.
  double stranger_bytes_at_once = 256 << 10;
  double stranger_bytes_a_second = 32 << 10;
};

class Router {
 public:
  // Fails when the endpoint cannot be bound (in use, not ours) or the keys are not a pair. `agents` says who
  // is admitted, nullptr: whoever knows our key. `agents` and `clock` must outlive the router.
  [[nodiscard]] static Result<std::unique_ptr<Router>> Bind(const std::string& endpoint,
                                                            const CurveKeys& keys, AgentKeys* agents,
                                                            const RouterLimits& limits, const Clock& clock);
  virtual ~Router() = default;

  // A frame, valid until the next call of Receive.
  struct Incoming {
    PeerId peer;
    std::string address;  // of the peer, for people
    std::span<const std::byte> frame;
  };
  // The next frame, or nothing. Peers take turns. Never waits.
  [[nodiscard]] virtual std::optional<Incoming> Receive() = 0;

  // False when the peer is gone or takes no more.
  virtual bool Send(const PeerId& peer, std::span<const std::byte> frame) = 0;

  // The peer speaks for a node now, and may send messages of full size. False when its address has enough
  // such.
  [[nodiscard]] virtual bool Admit(const PeerId& peer) = 0;
  // Nothing more is read of the peer before then.
  virtual void Rest(const PeerId& peer, Mono until) = 0;
  // Ends the connection, after what has been sent to it.
  virtual void End(const PeerId& peer) = 0;

  // Waits until Wake was called, `patience` is over or, with `until_frame`, a frame came. Shakes hands
  // meanwhile.
  virtual void Wait(Duration patience, bool until_frame) = 0;
  virtual void Wake() = 0;

  // With the real port.
  [[nodiscard]] virtual std::string endpoint() const = 0;
  [[nodiscard]] virtual DoorMetrics Metrics() const = 0;
};

}  // namespace loadline::collector
