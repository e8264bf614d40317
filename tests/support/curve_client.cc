#include "tests/support/curve_client.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <tuple>

namespace loadline::test {
namespace {

constexpr std::size_t kNumber = 8;

std::array<std::byte, kNumber> Numbered(std::uint64_t number) {
  std::array<std::byte, kNumber> bytes{};
  for (std::size_t i = 0; i < kNumber; ++i) bytes[kNumber - 1 - i] = std::byte(number >> (8 * i) & 0xff);
  return bytes;
}

void Append(Bytes& out, std::span<const std::byte> more) {
  out.insert(out.end(), more.begin(), more.end());
}
void Append(Bytes& out, std::string_view text) {
  Append(out, std::as_bytes(std::span(text)));
}

std::array<unsigned char, 24> Nonce(std::string_view purpose, std::span<const std::byte> unique) {
  std::array<unsigned char, 24> nonce{};
  std::ranges::copy(purpose, nonce.begin());
  std::memcpy(nonce.data() + purpose.size(), unique.data(), nonce.size() - purpose.size());
  return nonce;
}

std::optional<Bytes> Opened(std::span<const std::byte> box, std::string_view purpose,
                            std::span<const std::byte> unique, const Key& theirs, const Key& ours) {
  if (box.size() < 16) return std::nullopt;
  Bytes plain(box.size() - 16);
  if (crypto_box_open_easy(reinterpret_cast<unsigned char*>(plain.data()),
                           reinterpret_cast<const unsigned char*>(box.data()), box.size(),
                           Nonce(purpose, unique).data(), theirs.data(), ours.data()) != 0) {
    return std::nullopt;
  }
  return plain;
}

// The body of the frame at the beginning, and the frame's length.
std::span<const std::byte> BodyOf(std::span<const std::byte> bytes, std::size_t& frame) {
  const auto header = collector::zmtp::ReadHeader(bytes, 1 << 20);
  if (!header || !*header) return {};
  frame = (*header)->header_bytes + (*header)->body_bytes;
  return bytes.subspan((*header)->header_bytes, (*header)->body_bytes);
}

}  // namespace

KeyPair NewKeyPair() {
  KeyPair pair;
  crypto_box_keypair(pair.public_key.data(), pair.secret_key.data());
  return pair;
}

Bytes Framed(std::span<const std::byte> body, bool command) {
  Bytes frame;
  collector::zmtp::AppendHeader(frame, command, body.size());
  Append(frame, body);
  return frame;
}

CurveClient::CurveClient(const Key& server, const KeyPair& own)
    : short_term(NewKeyPair()), vouched_for(short_term.public_key), server_(server), own_(own) {}

Bytes CurveClient::Greeting() {
  auto greeting = collector::zmtp::ServerGreeting();
  greeting[32] = std::byte{0};
  return {greeting.begin(), greeting.end()};
}

Bytes CurveClient::Hello() {
  Bytes body;
  Append(body, "\5HELLO\1");
  body.resize(80);
  Append(body, std::as_bytes(std::span(short_term.public_key)));
  const auto unique = Numbered(number++);
  Append(body, unique);
  const std::array<std::byte, 64> zeros{};
  Append(body, Boxed(zeros, "CurveZMQHELLO---", unique, server_, short_term.secret_key));
  return Framed(body, /*command=*/true);
}

Bytes CurveClient::Initiate(std::span<const std::byte> said, std::string_view socket_type) {
  std::size_t frame = 0;
  const auto welcome = BodyOf(said.subspan(collector::zmtp::kGreetingBytes), frame);
  const auto secret =
      Opened(welcome.subspan(24), "WELCOME-", welcome.subspan(8, 16), server_, short_term.secret_key);
  if (!secret) return {};
  std::memcpy(server_short_.data(), secret->data(), server_short_.size());

  Bytes promise;
  Append(promise, std::as_bytes(std::span(vouched_for)));
  Append(promise, std::as_bytes(std::span(server_)));
  std::array<std::byte, 16> vouch_nonce{};
  randombytes_buf(vouch_nonce.data(), vouch_nonce.size());
  Bytes plain;
  Append(plain, std::as_bytes(std::span(own_.public_key)));
  Append(plain, vouch_nonce);
  Append(plain, Boxed(promise, "VOUCH---", vouch_nonce, server_short_, own_.secret_key));
  Append(plain, "\x0bSocket-Type");
  Append(plain, std::string_view("\0\0\0", 3));
  plain.push_back(std::byte(socket_type.size()));
  Append(plain, socket_type);

  Bytes body;
  Append(body, "\10INITIATE");
  Append(body, std::span<const std::byte>(*secret).subspan(32));
  const auto unique = Numbered(number++);
  Append(body, unique);
  Append(body, Boxed(plain, "CurveZMQINITIATE", unique, server_short_, short_term.secret_key));
  return Framed(body, /*command=*/true);
}

Bytes CurveClient::Message(std::string_view text, unsigned flags) {
  Bytes plain{std::byte(flags)};
  Append(plain, text);
  Bytes body;
  Append(body, "\7MESSAGE");
  const auto unique = Numbered(number++);
  Append(body, unique);
  Append(body, Boxed(plain, "CurveZMQMESSAGEC", unique, server_short_, short_term.secret_key));
  return Framed(body, /*command=*/false);
}

std::optional<Bytes> CurveClient::Ready(std::span<const std::byte> said) {
  std::size_t frame = 0;
  const auto body = BodyOf(said, frame);
  if (body.size() < 14 || std::memcmp(body.data(), "\5READY", 6) != 0) return std::nullopt;
  if (!Opened(body.subspan(14), "CurveZMQREADY---", body.subspan(6, kNumber), server_short_,
              short_term.secret_key)) {
    return std::nullopt;
  }
  const auto rest = said.subspan(frame);
  return Bytes(rest.begin(), rest.end());
}

std::optional<std::string> CurveClient::Open(std::span<const std::byte> frame) {
  std::size_t bytes = 0;
  const auto body = BodyOf(frame, bytes);
  if (body.size() < 16 || std::memcmp(body.data(), "\7MESSAGE", 8) != 0) return std::nullopt;
  const auto plain = Opened(body.subspan(16), "CurveZMQMESSAGES", body.subspan(8, kNumber), server_short_,
                            short_term.secret_key);
  if (!plain) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(plain->data()), plain->size());
}

Bytes CurveClient::Boxed(std::span<const std::byte> plain, std::string_view purpose,
                         std::span<const std::byte> unique, const Key& theirs, const Key& ours) const {
  Bytes box(16 + plain.size());
  std::ignore = crypto_box_easy(reinterpret_cast<unsigned char*>(box.data()),
                                reinterpret_cast<const unsigned char*>(plain.data()), plain.size(),
                                Nonce(purpose, unique).data(), theirs.data(), ours.data());
  return box;
}

}  // namespace loadline::test
