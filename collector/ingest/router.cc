#include "collector/ingest/router.h"

#include <sys/eventfd.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>

#include "schemas/base/fd.h"

namespace loadline::collector {
namespace {

constexpr std::size_t kKeyCharacters = 40;
// Frames held for each agent. Little inwards: what waits here is out of the agent's spool and not in the
// store.
constexpr int kQueuedIn = 16;
constexpr int kQueuedOut = 256;
// Frames up to here are counted as too large; above it ZeroMQ ends the connection.
constexpr std::int64_t kMaxMessage = 4 * wire::kMaxFrameBytes;

struct CloseSocket {
  void operator()(void* socket) const { zmq_close(socket); }
};
struct EndContext {
  void operator()(void* context) const { zmq_ctx_term(context); }
};

class Message {
 public:
  Message() { zmq_msg_init(&message_); }
  ~Message() { zmq_msg_close(&message_); }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  bool Receive(void* socket) { return zmq_msg_recv(&message_, socket, ZMQ_DONTWAIT) >= 0; }
  [[nodiscard]] bool more() const { return zmq_msg_more(&message_) != 0; }
  [[nodiscard]] std::span<const std::byte> bytes() {
    return {static_cast<const std::byte*>(zmq_msg_data(&message_)), zmq_msg_size(&message_)};
  }
  [[nodiscard]] std::string address() const {
    const char* known = zmq_msg_gets(&message_, "Peer-Address");
    const std::string_view address = known ? known : "unknown";
    // An IPv4 peer of an IPv6 socket, as people write it.
    static constexpr std::string_view kMapped = "::ffff:";
    return std::string(address.substr(address.starts_with(kMapped) ? kMapped.size() : 0));
  }

 private:
  mutable zmq_msg_t message_;
};

bool Set(void* socket, int option, int value) {
  return zmq_setsockopt(socket, option, &value, sizeof(value)) == 0;
}

class ZmqRouter final : public Router {
 public:
  [[nodiscard]] Result<void> Bind(const std::string& endpoint, const CurveKeys& keys) {
    context_.reset(zmq_ctx_new());
    if (!context_) return SystemFailure("starting ZeroMQ", zmq_errno());
    zmq_ctx_set(context_.get(), ZMQ_MAX_SOCKETS, 64);
    wake_ = Fd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (!wake_.valid()) return SystemFailure("making an eventfd", errno);
    socket_.reset(zmq_socket(context_.get(), ZMQ_ROUTER));
    if (!socket_) return SystemFailure("making a socket", zmq_errno());
    void* s = socket_.get();
    const bool set = Set(s, ZMQ_LINGER, 0) && Set(s, ZMQ_RCVHWM, kQueuedIn) &&
                     Set(s, ZMQ_SNDHWM, kQueuedOut) && Set(s, ZMQ_ROUTER_MANDATORY, 1) &&
                     Set(s, ZMQ_BACKLOG, 1024) && Set(s, ZMQ_IPV6, 1) && Set(s, ZMQ_TCP_KEEPALIVE, 1) &&
                     Set(s, ZMQ_CURVE_SERVER, 1) &&
                     zmq_setsockopt(s, ZMQ_MAXMSGSIZE, &kMaxMessage, sizeof(kMaxMessage)) == 0;
    if (!set) return SystemFailure("setting up a socket", zmq_errno());
    if (keys.secret_key.size() != kKeyCharacters ||
        zmq_setsockopt(s, ZMQ_CURVE_SECRETKEY, keys.secret_key.data(), kKeyCharacters) != 0) {
      return Failure(ErrorKind::kInvalid, "the secret key is not a CURVE key");
    }
    if (zmq_bind(s, endpoint.c_str()) != 0) return SystemFailure("binding to " + endpoint, zmq_errno());
    std::array<char, 256> bound{};
    std::size_t size = bound.size();
    zmq_getsockopt(s, ZMQ_LAST_ENDPOINT, bound.data(), &size);
    endpoint_ = bound.data();
    // On a socket that speaks both, ZeroMQ writes an IPv4 address as a mapped one; people write it plainly.
    static constexpr std::string_view kMapped = "[::ffff:";
    if (const auto at = endpoint_.find(kMapped); at != std::string::npos) {
      endpoint_.erase(endpoint_.find(']', at), 1).erase(at, kMapped.size());
    }
    return {};
  }

  [[nodiscard]] std::optional<Incoming> Receive() override {
    Message id;
    while (id.Receive(socket_.get())) {
      const auto bytes = id.bytes();
      PeerId peer(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      if (!ReceiveFrame()) continue;
      // Names that ZeroMQ gives begin with a zero byte and are never given twice; those that a peer chooses
      // for itself cannot, and might be somebody else's.
      if (peer.empty() || peer.front() != '\0') continue;
      return Incoming{.peer = std::move(peer), .address = frame_->address(), .frame = frame_->bytes()};
    }
    return std::nullopt;
  }

  bool Send(const PeerId& peer, std::span<const std::byte> frame) override {
    return zmq_send(socket_.get(), peer.data(), peer.size(), ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0 &&
           zmq_send(socket_.get(), frame.data(), frame.size(), ZMQ_DONTWAIT) >= 0;
  }

  void Wait(Duration patience, bool until_frame) override {
    std::array<zmq_pollitem_t, 2> items{
        {{nullptr, wake_.get(), ZMQ_POLLIN, 0}, {socket_.get(), 0, ZMQ_POLLIN, 0}}};
    const auto rounded_up = std::chrono::ceil<std::chrono::milliseconds>(patience).count();
    zmq_poll(items.data(), until_frame ? 2 : 1, std::max<long>(0, rounded_up));
    std::uint64_t wakes = 0;
    if (items[0].revents & ZMQ_POLLIN) std::ignore = ::read(wake_.get(), &wakes, sizeof(wakes));
  }

  void Wake() override {
    const std::uint64_t one = 1;
    std::ignore = ::write(wake_.get(), &one, sizeof(one));
  }

  [[nodiscard]] std::string endpoint() const override { return endpoint_; }

 private:
  // Reads the rest of a message. A message of ours is one frame; anything else is passed over.
  bool ReceiveFrame() {
    int frames = 0;
    do {
      frame_.emplace();
      if (!frame_->Receive(socket_.get())) return false;
      ++frames;
    } while (frame_->more());
    return frames == 1;
  }

  std::unique_ptr<void, EndContext> context_;  // outlives the socket
  std::unique_ptr<void, CloseSocket> socket_;
  Fd wake_;
  std::optional<Message> frame_;
  std::string endpoint_;
};

}  // namespace

Result<std::unique_ptr<Router>> Router::Bind(const std::string& endpoint, const CurveKeys& keys) {
  auto router = std::make_unique<ZmqRouter>();
  if (auto bound = router->Bind(endpoint, keys); !bound) return Failure(bound.error());
  return router;
}

Result<CurveKeys> NewCurveKeys() {
  std::array<char, kKeyCharacters + 1> public_key{}, secret_key{};
  if (zmq_curve_keypair(public_key.data(), secret_key.data()) != 0) {
    return SystemFailure("making a CURVE key pair", zmq_errno());
  }
  return CurveKeys{.public_key = public_key.data(), .secret_key = secret_key.data()};
}

Result<std::string> PublicKeyOf(const std::string& secret_key) {
  std::array<char, kKeyCharacters + 1> public_key{};
  if (secret_key.size() != kKeyCharacters || zmq_curve_public(public_key.data(), secret_key.c_str()) != 0) {
    return Failure(ErrorKind::kInvalid, "not a CURVE key (40 characters of Z85)");
  }
  return std::string(public_key.data());
}

}  // namespace loadline::collector
