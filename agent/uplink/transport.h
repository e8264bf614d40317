// The way frames take, with the network behind it or a test.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "schemas/base/clock.h"
#include "schemas/base/result.h"
#include "schemas/wire/encode.h"

namespace loadline::agent {

// One connection to the collector, made and made again by itself. Frames arrive whole and in order, or not at
// all. Owned by one thread; only Wake may be called from others.
class Transport {
 public:
  virtual ~Transport() = default;

  // Drops the connection with all that is under way, and begins a new one.
  virtual void Reset() = 0;

  // False when there is no connection or no room; the frame is then not sent.
  [[nodiscard]] virtual bool Send(std::span<const std::byte> frame) = 0;

  // The next frame from the collector, or nothing. Never waits.
  [[nodiscard]] virtual std::optional<wire::Frame> Receive() = 0;

  // Waits until a frame came, Wake was called, `patience` is over or, with `until_writable`, Send has a
  // chance.
  virtual void Wait(Duration patience, bool until_writable) = 0;

  virtual void Wake() = 0;

  // The collector has said that it does not let us in: our key is none that its agents were given.
  [[nodiscard]] virtual bool TurnedAway() { return false; }
};

struct ZmqTransportOptions {
  std::string endpoint;
  std::string collector_key;  // Z85
  // File with the secret CURVE key that agents were given (Z85), read anew for each connection, since keys
  // are changed. Empty: a new one each time, which only a collector that lets anybody in takes.
  std::string key_file;
  // From NewZmqContext, to share its threads with others; absent: one of its own.
  std::shared_ptr<void> context;
};

// For programs that are many agents at once.
[[nodiscard]] std::shared_ptr<void> NewZmqContext(int io_threads, int most_connections);

// ZeroMQ DEALER with CURVE. Fails when endpoint or a key are not ones.
[[nodiscard]] Result<std::unique_ptr<Transport>> ConnectZmq(ZmqTransportOptions options);

}  // namespace loadline::agent
