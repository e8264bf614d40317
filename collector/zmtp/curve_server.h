// The server's side of CURVE for one connection: who the client is, and what it says in secret
// (rfc.zeromq.org/spec/26). The arithmetic is libsodium's.
//
//   HELLO    C', box(C'->S): the client knows our public key S          -> OnHello gives WELCOME
//   WELCOME  S', cookie, box(S->C')
//   INITIATE cookie, C, vouch, metadata, box(C'->S'): and it owns C     -> OnInitiate gives C
//   READY    metadata, box(S'->C')                                      <- Ready
//   MESSAGE  flags and a frame, box under C', S', numbered upwards      -> Open, <- Seal
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "collector/zmtp/frames.h"

namespace loadline::collector::zmtp {

using Key = std::array<unsigned char, 32>;

struct ServerKeys {
  Key public_key{};
  Key secret_key{};
};

class CurveServer {
 public:
  // `keys` must outlive it.
  explicit CurveServer(const ServerKeys& keys) : keys_(keys) {}
  ~CurveServer();
  CurveServer(const CurveServer&) = delete;
  CurveServer& operator=(const CurveServer&) = delete;

  // The body of HELLO; gives the body of WELCOME.
  [[nodiscard]] Expected<Bytes> OnHello(std::span<const std::byte> body);

  struct Client {
    Key key{};  // its long-term public key, which it has proven to own
    std::string socket_type;
  };
  // The body of INITIATE, after OnHello.
  [[nodiscard]] Expected<Client> OnInitiate(std::span<const std::byte> body);

  // The body of READY, which says that we are a ROUTER.
  [[nodiscard]] Bytes Ready();

  // Opens the body of a MESSAGE where it lies; gives its flag byte and the frame behind it.
  [[nodiscard]] Expected<std::span<std::byte>> Open(std::span<std::byte> body);

  // Appends the body of a MESSAGE; it is SealedBytes(frame.size()) long.
  void Seal(std::byte flags, std::span<const std::byte> frame, Bytes& out);
  [[nodiscard]] static std::size_t SealedBytes(std::size_t frame_bytes);

 private:
  const ServerKeys& keys_;
  Key client_short_{};      // C'
  Key own_short_public_{};  // S'
  Key own_short_secret_{};  // s'
  std::array<std::byte, 96> cookie_{};
  Key shared_{};                  // of C' and s'
  std::uint64_t last_heard_ = 0;  // number of the client's last box
  std::uint64_t next_said_ = 1;
};

// The body of ERROR, with a status code of ZeroMQ: "400" is a client that is not admitted.
[[nodiscard]] Bytes ErrorBody(std::string_view status);

}  // namespace loadline::collector::zmtp
