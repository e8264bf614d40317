// How ZMTP 3.x cuts a stream of bytes: a greeting of 64 bytes, then frames of a flag byte, a length and a
// body (rfc.zeromq.org/spec/23).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace loadline::collector::zmtp {

using Bytes = std::vector<std::byte>;

inline constexpr std::size_t kGreetingBytes = 64;

// What is wrong with what a peer has sent; after it nothing more is read from that peer.
enum class Fault : std::uint8_t {
  kNotZmtp,          // not ZMTP 3, or not the client's side of CURVE
  kBadCommand,       // a command that is malformed, or not due now
  kWrongKey,         // made for another server's key, or changed on the way
  kUnknownClient,    // a client whose key is not admitted
  kWrongSocketType,  // not a DEALER
  kTooLarge,         // a frame over the bound
  kMultipart,        // a message of several frames, which no agent sends
};
inline constexpr int kFaultCount = 7;
[[nodiscard]] std::string_view Name(Fault fault);

template <typename T>
using Expected = std::expected<T, Fault>;

// The server's greeting: ZMTP 3.1 with CURVE.
[[nodiscard]] std::array<std::byte, kGreetingBytes> ServerGreeting();
// Whether these 64 bytes greet as a client of ZMTP 3.x with CURVE does.
[[nodiscard]] bool IsClientGreeting(std::span<const std::byte, kGreetingBytes> greeting);
// Whether a greeting may begin so: noise is known by its first bytes.
[[nodiscard]] bool MayBeGreeting(std::span<const std::byte> beginning);

// Numbers go with their highest byte first; of up to eight.
[[nodiscard]] std::uint64_t BigEndian(std::span<const std::byte> bytes);
[[nodiscard]] bool StartsWith(std::span<const std::byte> bytes, std::string_view text);

struct FrameHeader {
  bool command = false;
  std::size_t header_bytes = 0;
  std::size_t body_bytes = 0;
};
// The header at the beginning; nothing while it is not whole. Refused: reserved flags, parts of a message in
// the clear, and a body of more than `most` bytes, before any of it is kept.
[[nodiscard]] Expected<std::optional<FrameHeader>> ReadHeader(std::span<const std::byte> bytes,
                                                              std::size_t most);

// Appends the header of a frame with such a body.
void AppendHeader(Bytes& out, bool command, std::size_t body_bytes);

}  // namespace loadline::collector::zmtp
