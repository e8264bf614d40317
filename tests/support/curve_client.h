// The client's side of ZMTP with CURVE, byte by byte, so that a test can misbehave at any place of it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "collector/zmtp/curve_server.h"
#include "collector/zmtp/frames.h"

namespace loadline::test {

using collector::zmtp::Bytes;
using collector::zmtp::Key;

struct KeyPair {
  Key public_key{};
  Key secret_key{};
};
[[nodiscard]] KeyPair NewKeyPair();

class CurveClient {
 public:
  CurveClient(const Key& server, const KeyPair& own);

  // What is sent, as whole frames.
  [[nodiscard]] static Bytes Greeting();
  [[nodiscard]] Bytes Hello();
  // After the server's greeting and WELCOME, which are what it has said so far.
  [[nodiscard]] Bytes Initiate(std::span<const std::byte> said, std::string_view socket_type = "DEALER");
  // A MESSAGE in secret; flags: 1 more, 2 command.
  [[nodiscard]] Bytes Message(std::string_view text, unsigned flags = 0);

  // After READY, which must be at the beginning of what was said since INITIATE; the bytes behind it.
  [[nodiscard]] std::optional<Bytes> Ready(std::span<const std::byte> said);
  // The text of a MESSAGE of the server, with its flag byte before it.
  [[nodiscard]] std::optional<std::string> Open(std::span<const std::byte> frame);

  // To be spoilt.
  KeyPair short_term;        // C', c'
  Key vouched_for{};         // what the vouch says C' is
  std::uint64_t number = 1;  // of the next box

 private:
  [[nodiscard]] Bytes Boxed(std::span<const std::byte> plain, std::string_view purpose,
                            std::span<const std::byte> unique, const Key& theirs, const Key& ours) const;

  const Key server_;
  const KeyPair own_;
  Key server_short_{};
};

// A frame of this body.
[[nodiscard]] Bytes Framed(std::span<const std::byte> body, bool command);

}  // namespace loadline::test
