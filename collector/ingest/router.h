// The network side of ingest: a ZeroMQ ROUTER with CURVE. One thread owns it; only Wake may be called by
// others.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "collector/ingest/key_files.h"
#include "collector/ingest/reception.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::collector {

class Router {
 public:
  // Fails when the endpoint cannot be bound (in use, not ours) or the keys are not a pair.
  [[nodiscard]] static Result<std::unique_ptr<Router>> Bind(const std::string& endpoint,
                                                            const CurveKeys& keys);
  virtual ~Router() = default;

  // A frame, valid until the next call of Receive.
  struct Incoming {
    PeerId peer;
    std::string address;  // of the peer, for people
    std::span<const std::byte> frame;
  };
  // The next frame, or nothing. Never waits.
  [[nodiscard]] virtual std::optional<Incoming> Receive() = 0;

  // False when the peer is gone or takes no more.
  virtual bool Send(const PeerId& peer, std::span<const std::byte> frame) = 0;

  // Waits until Wake was called, `patience` is over or, with `until_frame`, a frame came.
  virtual void Wait(Duration patience, bool until_frame) = 0;
  virtual void Wake() = 0;

  // With the real port.
  [[nodiscard]] virtual std::string endpoint() const = 0;
};

[[nodiscard]] Result<CurveKeys> NewCurveKeys();

// The public key that belongs to a secret one. Fails when it is not a key.
[[nodiscard]] Result<std::string> PublicKeyOf(const std::string& secret_key);

}  // namespace loadline::collector
