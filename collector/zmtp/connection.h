// One client's connection as ZMTP 3.1 with CURVE has it, without a socket: bytes in, messages and bytes out.
//
// It is the server's side of what libzmq's DEALER speaks. libzmq's own ROUTER could not be held in bounds: it
// takes the names of connections from the peers, which lets one peer stop the process, and it keeps the parts
// of a message that never ends (docs/protocol.md, "Why the collector's end is ours").
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "collector/zmtp/curve_server.h"
#include "collector/zmtp/frames.h"

namespace loadline::collector::zmtp {

// A frame of the handshake at most; libzmq's longest is below 600 bytes.
inline constexpr std::size_t kMaxHandshakeFrame = 1024;

class Connection {
 public:
  // Whether a client with this key is admitted.
  using Admits = std::function<bool(const Key& client)>;

  // `keys` must outlive it. A message of the client holds at most `most_bytes`.
  Connection(const ServerKeys& keys, Admits admits, std::size_t most_bytes);

  // From now on a message may hold so much.
  void Allow(std::size_t most_bytes) { most_bytes_ = most_bytes; }

  struct Taken {
    std::size_t bytes = 0;                              // done with; the rest is to be given again with more
    std::optional<std::span<const std::byte>> message;  // within those bytes
  };
  // The next unit of the stream, from its beginning. Changes the bytes. Nothing is taken while it is not
  // whole. After a fault output() may still hold a last word for the client.
  [[nodiscard]] Expected<Taken> Take(std::span<std::byte> bytes);

  // The handshake is over: the client has a key that is admitted.
  [[nodiscard]] bool established() const { return phase_ == Phase::kEstablished; }

  // A message for the client, once it is established.
  void Say(std::span<const std::byte> message);

  // Bytes for the client. Whoever sends them takes them out.
  [[nodiscard]] Bytes& output() { return output_; }

 private:
  enum class Phase : std::uint8_t { kGreeting, kHello, kInitiate, kEstablished };

  Expected<Taken> TakeGreeting(std::span<std::byte> bytes);
  Expected<void> OnHandshake(std::span<const std::byte> body);
  Expected<std::optional<std::span<const std::byte>>> OnTraffic(std::span<std::byte> body);
  Expected<void> OnCommand(std::span<const std::byte> command);
  void SayCommand(std::span<const std::byte> body);

  const Admits admits_;
  std::size_t most_bytes_;
  Phase phase_ = Phase::kGreeting;
  CurveServer curve_;
  Bytes output_;
};

}  // namespace loadline::collector::zmtp
