#include "collector/zmtp/connection.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace loadline::collector::zmtp {
namespace {

// In the box of a MESSAGE.
constexpr unsigned kMore = 0x01;
constexpr unsigned kCommand = 0x02;

constexpr std::string_view kPing = "\4PING";
constexpr std::string_view kPong = "\4PONG";
constexpr std::size_t kMaxPingContext = 16;
constexpr std::size_t kTtl = 2;

}  // namespace

Connection::Connection(const ServerKeys& keys, Admits admits, std::size_t most_bytes)
    : admits_(std::move(admits)), most_bytes_(most_bytes), curve_(keys) {
  const auto greeting = ServerGreeting();
  output_.assign(greeting.begin(), greeting.end());
}

Expected<Connection::Taken> Connection::Take(std::span<std::byte> bytes) {
  if (phase_ == Phase::kGreeting) return TakeGreeting(bytes);
  const bool handshake = !established();
  const std::size_t most = handshake ? kMaxHandshakeFrame : CurveServer::SealedBytes(most_bytes_);
  const auto header = ReadHeader(bytes, most);
  if (!header) return std::unexpected(header.error());
  if (!*header || bytes.size() - (*header)->header_bytes < (*header)->body_bytes) return Taken{};
  const std::span<std::byte> body = bytes.subspan((*header)->header_bytes, (*header)->body_bytes);
  Taken taken{.bytes = (*header)->header_bytes + body.size(), .message = {}};
  if (handshake) {
    if (!(*header)->command) return std::unexpected(Fault::kBadCommand);
    if (auto done = OnHandshake(body); !done) return std::unexpected(done.error());
    return taken;
  }
  auto message = OnTraffic(body);
  if (!message) return std::unexpected(message.error());
  taken.message = *message;
  return taken;
}

Expected<Connection::Taken> Connection::TakeGreeting(std::span<std::byte> bytes) {
  if (!MayBeGreeting(bytes.first(std::min(bytes.size(), kGreetingBytes))))
    return std::unexpected(Fault::kNotZmtp);
  if (bytes.size() < kGreetingBytes) return Taken{};
  if (!IsClientGreeting(bytes.first<kGreetingBytes>())) return std::unexpected(Fault::kNotZmtp);
  phase_ = Phase::kHello;
  return Taken{.bytes = kGreetingBytes, .message = {}};
}

Expected<void> Connection::OnHandshake(std::span<const std::byte> body) {
  if (phase_ == Phase::kHello) {
    const auto welcome = curve_.OnHello(body);
    if (!welcome) return std::unexpected(welcome.error());
    SayCommand(*welcome);
    phase_ = Phase::kInitiate;
    return {};
  }
  const auto client = curve_.OnInitiate(body);
  if (!client) return std::unexpected(client.error());
  if (!admits_(client->key)) {
    // So that the client can say why; ZeroMQ's code for one that is not let in.
    SayCommand(ErrorBody("400"));
    return std::unexpected(Fault::kUnknownClient);
  }
  if (client->socket_type != "DEALER") return std::unexpected(Fault::kWrongSocketType);
  SayCommand(curve_.Ready());
  phase_ = Phase::kEstablished;
  return {};
}

Expected<std::optional<std::span<const std::byte>>> Connection::OnTraffic(std::span<std::byte> body) {
  const auto opened = curve_.Open(body);
  if (!opened) return std::unexpected(opened.error());
  const auto flags = std::to_integer<unsigned>(opened->front());
  const std::span<const std::byte> content = opened->subspan(1);
  if ((flags & kMore) != 0) return std::unexpected(Fault::kMultipart);
  if ((flags & kCommand) == 0) return content;
  if (auto done = OnCommand(content); !done) return std::unexpected(done.error());
  return std::nullopt;
}

// PING is answered with its own context; everything else that a client may say is passed over.
Expected<void> Connection::OnCommand(std::span<const std::byte> command) {
  if (!StartsWith(command, kPing)) return {};
  const std::size_t head = kPing.size() + kTtl;
  if (command.size() < head || command.size() > head + kMaxPingContext)
    return std::unexpected(Fault::kBadCommand);
  Bytes pong;
  std::ranges::copy(std::as_bytes(std::span(kPong)), std::back_inserter(pong));
  std::ranges::copy(command.subspan(head), std::back_inserter(pong));
  AppendHeader(output_, /*command=*/false, CurveServer::SealedBytes(pong.size()));
  curve_.Seal(std::byte{kCommand}, pong, output_);
  return {};
}

void Connection::Say(std::span<const std::byte> message) {
  AppendHeader(output_, /*command=*/false, CurveServer::SealedBytes(message.size()));
  curve_.Seal(std::byte{0}, message, output_);
}

void Connection::SayCommand(std::span<const std::byte> body) {
  AppendHeader(output_, /*command=*/true, body.size());
  output_.insert(output_.end(), body.begin(), body.end());
}

}  // namespace loadline::collector::zmtp
