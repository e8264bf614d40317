// What anybody may send to a port: ZMTP and HTTP.
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "collector/serve/chunks.h"
#include "collector/serve/client_request.h"
#include "collector/web/hosts.h"
#include "collector/zmtp/connection.h"
#include "tests/fuzz/readers.h"
#include "tests/support/curve_client.h"

namespace loadline::fuzz {
namespace {

using namespace collector;
using zmtp::Bytes;

constexpr std::size_t kMostBytes = 4096;

Bytes BytesOf(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

// A collector's end and an agent that speaks with it as it should, up to a place.
struct Pair {
  test::KeyPair server = test::NewKeyPair();
  test::KeyPair agent = test::NewKeyPair();
  zmtp::ServerKeys keys{.public_key = server.public_key, .secret_key = server.secret_key};
  test::CurveClient client{keys.public_key, agent};
  zmtp::Connection connection{keys, [this](const zmtp::Key& key) { return key == agent.public_key; },
                              kMostBytes};
};

// All of it as it comes, until it is no more, or refused.
void Give(zmtp::Connection& connection, Bytes bytes) {
  std::span<std::byte> rest(bytes);
  while (!rest.empty()) {
    const auto taken = connection.Take(rest);
    if (!taken || taken->bytes == 0) return;
    Require(taken->bytes <= rest.size());
    if (taken->message) Require(connection.established() && taken->message->size() <= kMostBytes);
    rest = rest.subspan(taken->bytes);
  }
}

void Strangers(std::string_view bytes) {
  Pair pair;
  Give(pair.connection, BytesOf(bytes));
  Require(!pair.connection.established());
}

void AfterGreeting(std::string_view bytes) {
  Pair pair;
  Give(pair.connection, test::CurveClient::Greeting());
  Give(pair.connection, BytesOf(bytes));
  Require(!pair.connection.established());
}

void AfterWelcome(std::string_view bytes) {
  Pair pair;
  Give(pair.connection, test::CurveClient::Greeting());
  Give(pair.connection, pair.client.Hello());
  Give(pair.connection, BytesOf(bytes));
  Require(!pair.connection.established());
}

Pair& Established(Pair& pair) {
  Give(pair.connection, test::CurveClient::Greeting());
  Give(pair.connection, pair.client.Hello());
  Give(pair.connection, pair.client.Initiate(std::exchange(pair.connection.output(), {})));
  Require(pair.connection.established());
  return pair;
}

void RawTraffic(std::string_view bytes) {
  Pair pair;
  Give(Established(pair).connection, BytesOf(bytes));
}

// What an agent with a good key may say in secret: the first byte has the flags of the frame.
void SecretTraffic(std::string_view bytes) {
  if (bytes.empty()) return;
  Pair pair;
  Give(Established(pair).connection,
       pair.client.Message(bytes.substr(1), static_cast<unsigned char>(bytes[0])));
}

void RequestHead(std::string_view bytes) {
  const std::optional<std::size_t> end = EndOfHead(bytes);
  if (!end) return;
  Require(*end <= bytes.size());
  const auto head = ParseHead(bytes.substr(0, *end));
  if (!head) return Require(head.error().status >= 400 && !head.error().message.empty());
  const ClientRequest& request = head->request;
  Require(request.path.starts_with('/') && !request.path.contains('\0') && !request.method.empty());
  for (const auto& [name, value] : request.headers)
    Require(!value.contains('\r') && !value.contains('\n') && !name.empty());
  // However it is framed, it is framed in one way.
  Require(!head->body.chunked || head->body.length == 0);
  (void)HostIsOurs(request.Header("host"), {"loadline.example"});
}

// In pieces and at once they are the same.
void ChunkedBody(std::string_view bytes) {
  std::string whole(bytes);
  std::string body;
  Chunks at_once;
  const Chunks::State state = at_once.Take(whole, body);
  Require(body.size() <= bytes.size());
  std::string pieces_body;
  std::string waiting;
  Chunks in_pieces;
  Chunks::State last = Chunks::State::kMore;
  for (std::size_t i = 0; i < bytes.size() && last == Chunks::State::kMore; ++i) {
    waiting += bytes[i];
    last = in_pieces.Take(waiting, pieces_body);
  }
  Require(last == state && pieces_body == body);
}

void Percents(std::string_view bytes) {
  for (const bool query : {false, true}) {
    const auto decoded = PercentDecode(bytes, query);
    if (decoded) Require(decoded->size() <= bytes.size());
  }
}

constexpr std::array<Reader, 8> kReaders = {Strangers,     AfterGreeting, AfterWelcome, RawTraffic,
                                            SecretTraffic, RequestHead,   ChunkedBody,  Percents};

}  // namespace

std::span<const Reader> Readers() {
  return kReaders;
}

}  // namespace loadline::fuzz
