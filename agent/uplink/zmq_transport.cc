#include <sys/eventfd.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>

#include "agent/uplink/transport.h"
#include "schemas/base/fd.h"
#include "schemas/base/secret_file.h"

namespace loadline::agent {
namespace {

constexpr std::size_t kKeyCharacters = 40;
// Frames that ZeroMQ may hold for us in each direction. More would be out of the spool's sight.
constexpr int kQueuedFrames = 128;
// After so long a connection that is not there is tried anew, from another port. A node's tables keep what
// they once decided about a connection: one that was begun while the collector's service had nobody behind it
// would lead nowhere for the two minutes that the kernel goes on trying.
constexpr int kConnectMs = 3000;
constexpr int kHandshakeMs = 10'000;

struct CloseSocket {
  void operator()(void* socket) const { zmq_close(socket); }
};
using Socket = std::unique_ptr<void, CloseSocket>;

// Sockets of ZeroMQ that one of ours takes: itself, and both ends of its events.
constexpr int kSocketsEach = 3;

struct KeyPair {
  std::array<char, kKeyCharacters + 1> public_key{};
  std::array<char, kKeyCharacters + 1> secret_key{};
};

Result<KeyPair> OwnKeys(const std::string& file) {
  KeyPair pair;
  if (file.empty()) {
    if (zmq_curve_keypair(pair.public_key.data(), pair.secret_key.data()) == 0) return pair;
    return SystemFailure("making a CURVE key pair", zmq_errno());
  }
  const Result<Secret> read = ReadSecretFile(file);
  if (!read) return Failure(read.error());
  const std::string& secret = read->Reveal();
  if (secret.size() != kKeyCharacters || zmq_curve_public(pair.public_key.data(), secret.c_str()) != 0) {
    return Failure(ErrorKind::kInvalid, file + " does not hold a secret CURVE key (40 characters of Z85)");
  }
  std::ranges::copy(secret, pair.secret_key.begin());
  return pair;
}

bool Set(void* socket, int option, int value) {
  return zmq_setsockopt(socket, option, &value, sizeof(value)) == 0;
}

class ZmqTransport final : public Transport {
 public:
  ZmqTransport(ZmqTransportOptions options, Fd wake) : options_(std::move(options)), wake_(std::move(wake)) {}

  // The first connection; says what is wrong with the options.
  [[nodiscard]] Result<void> Connect() {
    const Result<KeyPair> own = OwnKeys(options_.key_file);
    if (!own) return Failure(own.error());
    Socket socket(zmq_socket(options_.context.get(), ZMQ_DEALER));
    if (!socket) return SystemFailure("making a socket", zmq_errno());
    void* s = socket.get();
    const bool set =
        Set(s, ZMQ_LINGER, 0) && Set(s, ZMQ_SNDHWM, kQueuedFrames) && Set(s, ZMQ_RCVHWM, kQueuedFrames) &&
        // Nothing is queued while there is no connection: the spool keeps it.
        Set(s, ZMQ_IMMEDIATE, 1) && Set(s, ZMQ_RECONNECT_IVL, 100) && Set(s, ZMQ_RECONNECT_IVL_MAX, 5000) &&
        Set(s, ZMQ_CONNECT_TIMEOUT, kConnectMs) && Set(s, ZMQ_HANDSHAKE_IVL, kHandshakeMs) &&
        Set(s, ZMQ_TCP_KEEPALIVE, 1) && Set(s, ZMQ_IPV6, 1) &&
        zmq_setsockopt(s, ZMQ_CURVE_PUBLICKEY, own->public_key.data(), kKeyCharacters) == 0 &&
        zmq_setsockopt(s, ZMQ_CURVE_SECRETKEY, own->secret_key.data(), kKeyCharacters) == 0;
    const auto most = static_cast<std::int64_t>(wire::kMaxFrameBytes);
    if (!set || zmq_setsockopt(s, ZMQ_MAXMSGSIZE, &most, sizeof(most)) != 0) {
      return SystemFailure("setting up a socket", zmq_errno());
    }
    if (options_.collector_key.size() != kKeyCharacters ||
        zmq_setsockopt(s, ZMQ_CURVE_SERVERKEY, options_.collector_key.data(), kKeyCharacters) != 0) {
      return Failure(ErrorKind::kInvalid,
                     "the collector's key is not a public CURVE key (40 characters of Z85)");
    }
    Socket events = EventsOf(s);
    if (zmq_connect(s, options_.endpoint.c_str()) != 0) {
      return Failure(ErrorKind::kInvalid,
                     "'" + options_.endpoint + "' is not an endpoint: " + zmq_strerror(zmq_errno()));
    }
    socket_ = std::move(socket);
    events_ = std::move(events);
    return {};
  }

  void Reset() override {
    socket_.reset();
    events_.reset();
    turned_away_ = false;
    // The options have been good once; without a socket Send says no, and the next Reset tries again.
    std::ignore = Connect();
  }

  [[nodiscard]] bool Send(std::span<const std::byte> frame) override {
    return socket_ && zmq_send(socket_.get(), frame.data(), frame.size(), ZMQ_DONTWAIT) >= 0;
  }

  [[nodiscard]] std::optional<wire::Frame> Receive() override {
    if (!socket_) return std::nullopt;
    zmq_msg_t message;
    zmq_msg_init(&message);
    std::optional<wire::Frame> frame;
    if (zmq_msg_recv(&message, socket_.get(), ZMQ_DONTWAIT) >= 0) {
      const auto* bytes = static_cast<const std::byte*>(zmq_msg_data(&message));
      frame.emplace(bytes, bytes + zmq_msg_size(&message));
    }
    zmq_msg_close(&message);
    return frame;
  }

  void Wait(Duration patience, bool until_writable) override {
    const short events = until_writable ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN;
    std::array<zmq_pollitem_t, 2> items{
        {{nullptr, wake_.get(), ZMQ_POLLIN, 0}, {socket_.get(), 0, events, 0}}};
    const auto rounded_up = std::chrono::ceil<std::chrono::milliseconds>(patience).count();
    zmq_poll(items.data(), socket_ ? 2 : 1, std::max<long>(0, rounded_up));
    std::uint64_t wakes = 0;
    if (items[0].revents & ZMQ_POLLIN) std::ignore = ::read(wake_.get(), &wakes, sizeof(wakes));
  }

  void Wake() override {
    const std::uint64_t one = 1;
    std::ignore = ::write(wake_.get(), &one, sizeof(one));
  }

  [[nodiscard]] bool TurnedAway() override {
    std::uint16_t event = 0;
    // An event, and where it happened.
    while (events_ && zmq_recv(events_.get(), &event, sizeof(event), ZMQ_DONTWAIT) >= 0) {
      turned_away_ = event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
      std::ignore = zmq_recv(events_.get(), nullptr, 0, ZMQ_DONTWAIT);
    }
    return turned_away_;
  }

 private:
  // How handshakes end; null when there is no way to know.
  [[nodiscard]] Socket EventsOf(void* socket) {
    const std::string where = "inproc://handshakes-" + std::to_string(Number());
    constexpr int kWanted = ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
    if (zmq_socket_monitor(socket, where.c_str(), kWanted) != 0) return nullptr;
    Socket events(zmq_socket(options_.context.get(), ZMQ_PAIR));
    if (!events || !Set(events.get(), ZMQ_LINGER, 0) || zmq_connect(events.get(), where.c_str()) != 0)
      return nullptr;
    return events;
  }
  // Connections of one context need names of their own.
  static std::uint64_t Number() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
  }

  const ZmqTransportOptions options_;  // its context outlives the socket
  Fd wake_;
  Socket socket_;
  Socket events_;
  bool turned_away_ = false;
};

}  // namespace

std::shared_ptr<void> NewZmqContext(int io_threads, int most_connections) {
  void* context = zmq_ctx_new();
  if (!context) return nullptr;
  zmq_ctx_set(context, ZMQ_IO_THREADS, io_threads);
  zmq_ctx_set(context, ZMQ_MAX_SOCKETS, most_connections * kSocketsEach);
  return {context, [](void* c) { zmq_ctx_term(c); }};
}

Result<std::unique_ptr<Transport>> ConnectZmq(ZmqTransportOptions options) {
  if (!options.context) options.context = NewZmqContext(/*io_threads=*/1, /*most_connections=*/4);
  if (!options.context) return SystemFailure("starting ZeroMQ", zmq_errno());
  Fd wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake.valid()) return SystemFailure("making an eventfd", errno);
  auto transport = std::make_unique<ZmqTransport>(std::move(options), std::move(wake));
  if (auto connected = transport->Connect(); !connected) return Failure(connected.error());
  return transport;
}

}  // namespace loadline::agent
