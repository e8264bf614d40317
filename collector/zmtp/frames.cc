#include "collector/zmtp/frames.h"

#include <algorithm>
#include <utility>

namespace loadline::collector::zmtp {
namespace {

constexpr unsigned kMore = 0x01;
constexpr unsigned kLong = 0x02;
constexpr unsigned kCommand = 0x04;

constexpr std::size_t kSignatureEnd = 9;
constexpr std::size_t kMajorVersion = 10;
constexpr std::size_t kMechanism = 12;
constexpr std::size_t kMechanismBytes = 20;
constexpr std::size_t kAsServer = 32;
constexpr std::string_view kCurve = "CURVE";

}  // namespace

std::uint64_t BigEndian(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (const std::byte byte : bytes) value = value << 8 | std::to_integer<std::uint64_t>(byte);
  return value;
}

bool StartsWith(std::span<const std::byte> bytes, std::string_view text) {
  return bytes.size() >= text.size() &&
         std::ranges::equal(bytes.first(text.size()), std::as_bytes(std::span(text)));
}

std::string_view Name(Fault fault) {
  switch (fault) {
    case Fault::kNotZmtp:
      return "not_zmtp";
    case Fault::kBadCommand:
      return "bad_command";
    case Fault::kWrongKey:
      return "wrong_key";
    case Fault::kUnknownClient:
      return "unknown_client";
    case Fault::kWrongSocketType:
      return "wrong_socket_type";
    case Fault::kTooLarge:
      return "too_large";
    case Fault::kMultipart:
      return "multipart";
  }
  std::unreachable();
}

std::array<std::byte, kGreetingBytes> ServerGreeting() {
  std::array<std::byte, kGreetingBytes> greeting{};
  greeting[0] = std::byte{0xff};
  greeting[kSignatureEnd] = std::byte{0x7f};
  greeting[kMajorVersion] = std::byte{3};
  greeting[kMajorVersion + 1] = std::byte{1};
  std::ranges::transform(kCurve, greeting.begin() + kMechanism, [](char c) { return std::byte(c); });
  greeting[kAsServer] = std::byte{1};
  return greeting;
}

bool IsClientGreeting(std::span<const std::byte, kGreetingBytes> greeting) {
  std::array<std::byte, kMechanismBytes> curve{};
  std::ranges::transform(kCurve, curve.begin(), [](char c) { return std::byte(c); });
  return MayBeGreeting(greeting) &&
         std::ranges::equal(greeting.subspan<kMechanism, kMechanismBytes>(), curve) &&
         greeting[kAsServer] == std::byte{0};
}

bool MayBeGreeting(std::span<const std::byte> beginning) {
  const auto is = [&](std::size_t at, auto matches) {
    return beginning.size() <= at || matches(beginning[at]);
  };
  return is(0, [](std::byte b) { return b == std::byte{0xff}; }) &&
         is(kSignatureEnd, [](std::byte b) { return (b & std::byte{1}) != std::byte{0}; }) &&
         is(kMajorVersion, [](std::byte b) { return b >= std::byte{3}; });
}

Expected<std::optional<FrameHeader>> ReadHeader(std::span<const std::byte> bytes, std::size_t most) {
  if (bytes.empty()) return std::nullopt;
  const auto flags = std::to_integer<unsigned>(bytes[0]);
  if ((flags & kMore) != 0) return std::unexpected(Fault::kMultipart);
  if ((flags & ~(kLong | kCommand)) != 0) return std::unexpected(Fault::kBadCommand);
  const std::size_t length_bytes = (flags & kLong) != 0 ? 8 : 1;
  if (bytes.size() < 1 + length_bytes) return std::nullopt;
  const std::uint64_t body = BigEndian(bytes.subspan(1, length_bytes));
  if (body > most) return std::unexpected(Fault::kTooLarge);
  return FrameHeader{.command = (flags & kCommand) != 0,
                     .header_bytes = 1 + length_bytes,
                     .body_bytes = static_cast<std::size_t>(body)};
}

void AppendHeader(Bytes& out, bool command, std::size_t body_bytes) {
  const unsigned flags = command ? kCommand : 0;
  if (body_bytes < 256) {
    out.push_back(std::byte(flags));
    out.push_back(std::byte(body_bytes));
    return;
  }
  out.push_back(std::byte(flags | kLong));
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(std::byte(body_bytes >> shift & 0xff));
}

}  // namespace loadline::collector::zmtp
