#include "collector/zmtp/curve_server.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

namespace loadline::collector::zmtp {
namespace {

static_assert(crypto_box_PUBLICKEYBYTES == 32 && crypto_box_SECRETKEYBYTES == 32 &&
              crypto_box_BEFORENMBYTES == 32 && crypto_box_MACBYTES == 16 && crypto_box_NONCEBYTES == 24);

constexpr std::size_t kMac = crypto_box_MACBYTES;
constexpr std::size_t kNumber = 8;  // of a box: the short nonce
constexpr std::size_t kLongNonce = 16;
constexpr std::string_view kHello = "\5HELLO";
constexpr std::string_view kWelcome = "\7WELCOME";
constexpr std::string_view kInitiate = "\10INITIATE";
constexpr std::string_view kReady = "\5READY";
constexpr std::string_view kError = "\5ERROR";
constexpr std::string_view kMessage = "\7MESSAGE";

constexpr std::size_t kHelloBytes = 200;
constexpr std::size_t kVouchBytes = kLongNonce + kMac + 2 * sizeof(Key);
constexpr std::size_t kMessageHead = kMessage.size() + kNumber;

const unsigned char* In(std::span<const std::byte> bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* Out(std::span<std::byte> bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}
std::span<const std::byte> AsBytes(const Key& key) {
  return std::as_bytes(std::span(key));
}

// 24 bytes: a purpose, and what makes it unique.
struct Nonce {
  Nonce(std::string_view purpose, std::span<const std::byte> unique) {
    std::ranges::copy(purpose, bytes.begin());
    std::memcpy(bytes.data() + purpose.size(), unique.data(), bytes.size() - purpose.size());
  }
  std::array<unsigned char, crypto_box_NONCEBYTES> bytes{};
};

std::array<std::byte, kNumber> Numbered(std::uint64_t number) {
  std::array<std::byte, kNumber> bytes{};
  for (std::size_t i = 0; i < kNumber; ++i) bytes[kNumber - 1 - i] = std::byte(number >> (8 * i) & 0xff);
  return bytes;
}

std::optional<Key> Shared(const Key& their_public, const Key& our_secret) {
  Key shared{};
  // Refuses the points of small order, whose secret anybody knows.
  if (crypto_box_beforenm(shared.data(), their_public.data(), our_secret.data()) != 0) return std::nullopt;
  return shared;
}

bool OpenBox(std::span<const std::byte> box, const Nonce& nonce, const Key& shared,
             std::span<std::byte> plain) {
  return crypto_box_open_easy_afternm(Out(plain), In(box), box.size(), nonce.bytes.data(), shared.data()) ==
         0;
}

void Append(Bytes& out, std::span<const std::byte> bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}
void Append(Bytes& out, std::string_view text) {
  Append(out, std::as_bytes(std::span(text)));
}

// Appends the box itself.
void AppendBox(Bytes& out, std::span<const std::byte> plain, const Nonce& nonce, const Key& shared) {
  const std::size_t before = out.size();
  out.resize(before + kMac + plain.size());
  crypto_box_easy_afternm(Out(std::span(out).subspan(before)), In(plain), plain.size(), nonce.bytes.data(),
                          shared.data());
}

// The value of a property in metadata: names and values, each after its length. Nothing when it is malformed.
std::optional<std::string> Property(std::span<const std::byte> metadata, std::string_view wanted) {
  std::string found;
  while (!metadata.empty()) {
    const auto name_bytes = std::to_integer<std::size_t>(metadata[0]);
    if (metadata.size() < 1 + name_bytes + 4) return std::nullopt;
    const std::string_view name(reinterpret_cast<const char*>(metadata.data()) + 1, name_bytes);
    metadata = metadata.subspan(1 + name_bytes);
    const auto value_bytes = static_cast<std::size_t>(BigEndian(metadata.first(4)));
    metadata = metadata.subspan(4);
    if (metadata.size() < value_bytes) return std::nullopt;
    if (name == wanted) found.assign(reinterpret_cast<const char*>(metadata.data()), value_bytes);
    metadata = metadata.subspan(value_bytes);
  }
  return found;
}

}  // namespace

CurveServer::~CurveServer() {
  sodium_memzero(own_short_secret_.data(), own_short_secret_.size());
  sodium_memzero(shared_.data(), shared_.size());
}

Expected<Bytes> CurveServer::OnHello(std::span<const std::byte> body) {
  // Name, version 1.0, 72 bytes of padding, C', number, box of 64 zeros. It is longer than the answer, so
  // that nobody can make us say more than he does.
  constexpr std::size_t kVersion = kHello.size(), kClient = 80, kItsNumber = 112, kBox = 120;
  if (!StartsWith(body, kHello) || body.size() != kHelloBytes || body[kVersion] != std::byte{1} ||
      body[kVersion + 1] != std::byte{0}) {
    return std::unexpected(Fault::kBadCommand);
  }
  std::memcpy(client_short_.data(), &body[kClient], client_short_.size());
  const std::optional<Key> shared = Shared(client_short_, keys_.secret_key);
  std::array<std::byte, 64> zeros{};
  if (!shared || !OpenBox(body.subspan(kBox), Nonce("CurveZMQHELLO---", body.subspan(kItsNumber, kNumber)),
                          *shared, zeros)) {
    return std::unexpected(Fault::kWrongKey);
  }
  last_heard_ = BigEndian(body.subspan<kItsNumber, kNumber>());
  crypto_box_keypair(own_short_public_.data(), own_short_secret_.data());
  // The cookie lets a server forget the client until INITIATE. We remember it, so it is any secret word.
  randombytes_buf(cookie_.data(), cookie_.size());
  Bytes secret;
  Append(secret, AsBytes(own_short_public_));
  Append(secret, cookie_);
  std::array<std::byte, kLongNonce> unique{};
  randombytes_buf(unique.data(), unique.size());
  Bytes welcome;
  Append(welcome, kWelcome);
  Append(welcome, unique);
  AppendBox(welcome, secret, Nonce("WELCOME-", unique), *shared);
  return welcome;
}

Expected<CurveServer::Client> CurveServer::OnInitiate(std::span<const std::byte> body) {
  constexpr std::size_t kCookie = kInitiate.size(), kItsNumber = kCookie + 96, kBox = kItsNumber + kNumber;
  constexpr std::size_t kFewest = kBox + kMac + sizeof(Key) + kVouchBytes;
  if (!StartsWith(body, kInitiate) || body.size() < kFewest) return std::unexpected(Fault::kBadCommand);
  if (sodium_memcmp(&body[kCookie], cookie_.data(), cookie_.size()) != 0)
    return std::unexpected(Fault::kWrongKey);
  const std::optional<Key> shared = Shared(client_short_, own_short_secret_);
  Bytes plain(body.size() - kBox - kMac);
  const std::uint64_t number = BigEndian(body.subspan<kItsNumber, kNumber>());
  if (!shared || number <= last_heard_ ||
      !OpenBox(body.subspan(kBox), Nonce("CurveZMQINITIATE", body.subspan(kItsNumber, kNumber)), *shared,
               plain)) {
    return std::unexpected(Fault::kWrongKey);
  }
  last_heard_ = number;
  Client client;
  std::memcpy(client.key.data(), plain.data(), client.key.size());
  // The vouch is a box of C' and S that only the owner of C can have made for S'.
  const auto vouch = std::span<const std::byte>(plain).subspan(sizeof(Key), kVouchBytes);
  const std::optional<Key> vouched = Shared(client.key, own_short_secret_);
  std::array<std::byte, 2 * sizeof(Key)> promise{};
  if (!vouched ||
      !OpenBox(vouch.subspan(kLongNonce), Nonce("VOUCH---", vouch.first(kLongNonce)), *vouched, promise) ||
      std::memcmp(promise.data(), client_short_.data(), sizeof(Key)) != 0 ||
      std::memcmp(&promise[sizeof(Key)], keys_.public_key.data(), sizeof(Key)) != 0) {
    return std::unexpected(Fault::kWrongKey);
  }
  std::optional<std::string> type =
      Property(std::span<const std::byte>(plain).subspan(sizeof(Key) + kVouchBytes), "Socket-Type");
  if (!type) return std::unexpected(Fault::kBadCommand);
  client.socket_type = *std::move(type);
  shared_ = *shared;
  return client;
}

Bytes CurveServer::Ready() {
  constexpr std::string_view kMetadata("\x0bSocket-Type\0\0\0\6ROUTER\x08Identity\0\0\0\0", 35);
  const auto number = Numbered(next_said_++);
  Bytes ready;
  Append(ready, kReady);
  Append(ready, number);
  AppendBox(ready, std::as_bytes(std::span(kMetadata)), Nonce("CurveZMQREADY---", number), shared_);
  return ready;
}

Expected<std::span<std::byte>> CurveServer::Open(std::span<std::byte> body) {
  if (!StartsWith(body, kMessage) || body.size() < kMessageHead + kMac + 1)
    return std::unexpected(Fault::kBadCommand);
  const std::span<const std::byte, kNumber> numbered = body.subspan<kMessage.size(), kNumber>();
  const std::uint64_t number = BigEndian(numbered);
  // Upwards only: what was said once cannot be said again by somebody who has listened.
  if (number <= last_heard_) return std::unexpected(Fault::kWrongKey);
  const std::span<std::byte> box = body.subspan(kMessageHead);
  const std::span<std::byte> plain = box.first(box.size() - kMac);
  if (!OpenBox(box, Nonce("CurveZMQMESSAGEC", numbered), shared_, plain))
    return std::unexpected(Fault::kWrongKey);
  last_heard_ = number;
  return plain;
}

void CurveServer::Seal(std::byte flags, std::span<const std::byte> frame, Bytes& out) {
  const auto number = Numbered(next_said_++);
  Append(out, kMessage);
  Append(out, number);
  const std::size_t box = out.size();
  out.resize(box + kMac);
  out.push_back(flags);
  Append(out, frame);
  out.resize(box + kMac + 1 + frame.size());
  const std::span<std::byte> sealed = std::span(out).subspan(box);
  // In place: libsodium allows the plain text to lie anywhere.
  crypto_box_easy_afternm(Out(sealed), In(sealed.subspan(kMac)), 1 + frame.size(),
                          Nonce("CurveZMQMESSAGES", number).bytes.data(), shared_.data());
}

std::size_t CurveServer::SealedBytes(std::size_t frame_bytes) {
  return kMessageHead + kMac + 1 + frame_bytes;
}

Bytes ErrorBody(std::string_view status) {
  Bytes body;
  Append(body, kError);
  body.push_back(std::byte(status.size()));
  Append(body, status);
  return body;
}

}  // namespace loadline::collector::zmtp
