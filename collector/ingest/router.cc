#include "collector/ingest/router.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sodium.h>
#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>

#include "collector/ingest/allowance.h"
#include "collector/ingest/listener.h"
#include "collector/zmtp/connection.h"
#include "schemas/base/fd.h"
#include "schemas/wire/records.h"

namespace loadline::collector {
namespace {

using ConnectionId = Admission::ConnectionId;

constexpr ConnectionId kListener = 0;
constexpr ConnectionId kWake = 1;
constexpr ConnectionId kFirst = 2;

constexpr std::size_t kRead = 128 << 10;
// A message over the bound of the wire is counted and answered as a bad frame, if it is not far above it.
constexpr std::size_t kMostMessage = wire::kMaxFrameBytes + 4096;
// Connections and handshakes in one go, so that agents that are in get their turn.
constexpr int kArrivalsInOneGo = 64;
constexpr int kHandshakesInOneGo = 32;
constexpr Duration kTick = std::chrono::milliseconds(250);
// A peer that was told the last word has so long to take it.
constexpr Duration kLastWord = std::chrono::seconds(2);
constexpr double kCostOfMessage = 1024;
// Addresses that are told apart in the counters.
constexpr std::size_t kMostAddresses = 1000;

Refusal RefusalOf(zmtp::Fault fault) {
  switch (fault) {
    case zmtp::Fault::kNotZmtp:
      return Refusal::kNotZmtp;
    case zmtp::Fault::kWrongKey:
      return Refusal::kWrongKey;
    case zmtp::Fault::kUnknownClient:
      return Refusal::kUnknownAgent;
    case zmtp::Fault::kTooLarge:
      return Refusal::kTooLarge;
    case zmtp::Fault::kBadCommand:
    case zmtp::Fault::kWrongSocketType:
    case zmtp::Fault::kMultipart:
      break;
  }
  return Refusal::kBadMessage;
}

struct Peer {
  Peer(ConnectionId its_id, Fd its_socket, PeerAddress its_address, zmtp::Connection::Admits admits,
       const zmtp::ServerKeys& keys, const RouterLimits& limits, Mono now)
      : id(its_id),
        name(std::to_string(its_id)),
        socket(std::move(its_socket)),
        address(std::move(its_address)),
        zmtp(keys, std::move(admits), limits.hello_bytes),
        allowance(limits.stranger_bytes_at_once, limits.stranger_bytes_a_second, now) {}

  const ConnectionId id;
  const PeerId name;
  Fd socket;
  const PeerAddress address;
  zmtp::Connection zmtp;
  zmtp::Bytes kept;      // what has come and is not done with
  std::size_t sent = 0;  // of zmtp.output()
  bool readable = false;
  bool waits_its_turn = false;
  std::optional<Mono> unfinished_since;  // a message has begun to come, and has not ended
  std::optional<Mono> ending_since;
  Mono rests_until{};
  Allowance allowance;  // of bytes
  bool speaks_for_a_node = false;
};

class EpollRouter final : public Router {
 public:
  EpollRouter(AgentKeys* agents, const RouterLimits& limits, const Clock& clock)
      : agents_(agents), limits_(limits), clock_(clock), admission_(limits.admission), scratch_(kRead) {}

  [[nodiscard]] Result<void> Bind(const std::string& endpoint, const CurveKeys& keys) {
    if (sodium_init() < 0) return Failure(ErrorKind::kInternal, "libsodium does not start");
    const Result<zmtp::Key> secret = DecodeKey(keys.secret_key.Reveal());
    const Result<std::string> its_public = PublicKeyOf(keys.secret_key);
    if (!secret || !its_public || *its_public != keys.public_key) {
      return Failure(ErrorKind::kInvalid, "the keys are not a CURVE key pair");
    }
    keys_ = {.public_key = *DecodeKey(keys.public_key), .secret_key = *secret};
    wake_ = Fd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    epoll_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
    if (!wake_.valid() || !epoll_.valid()) return SystemFailure("waiting for agents", errno);
    Result<Listener> listener = Listen(endpoint);
    if (!listener) return Failure(listener.error());
    listener_ = *std::move(listener);
    Watch(listener_.socket.get(), EPOLLIN, kListener);
    Watch(wake_.get(), EPOLLIN, kWake);
    KeepOneFile();
    return {};
  }

  [[nodiscard]] std::optional<Incoming> Receive() override {
    for (;;) {
      Peer* peer = Find(current_);
      if (peer && (peer->ending_since || peer->rests_until > clock_.Now())) EndTurn(*peer);
      if (current_ == 0) {
        if (turns_.empty()) return std::nullopt;
        current_ = turns_.front();
        turns_.pop_front();
        peer = Find(current_);
        if (peer) BeginTurn(*peer);
        continue;
      }
      if (!peer) {
        current_ = 0;
        continue;
      }
      if (const auto message = NextMessage(*peer)) {
        return Incoming{.peer = peer->name, .address = peer->address.text, .frame = *message};
      }
    }
  }

  bool Send(const PeerId& name, std::span<const std::byte> frame) override {
    Peer* peer = Find(name);
    if (!peer || !peer->zmtp.established() || peer->ending_since) return false;
    peer->zmtp.Say(frame);
    return Flush(*peer);
  }

  [[nodiscard]] bool Admit(const PeerId& name) override {
    Peer* peer = Find(name);
    if (!peer) return false;
    if (!admission_.Greet(peer->id, clock_.Now())) {
      Refuse(*peer, Refusal::kTooManyAgents);
      return false;
    }
    peer->zmtp.Allow(kMostMessage);
    if (!std::exchange(peer->speaks_for_a_node, true))
      peer->allowance = Allowance(limits_.bytes_at_once, limits_.bytes_a_second, clock_.Now());
    return true;
  }

  void Rest(const PeerId& name, Mono until) override {
    if (Peer* peer = Find(name)) LetRest(*peer, until);
  }

  void End(const PeerId& name) override {
    Peer* peer = Find(name);
    if (!peer || peer->ending_since) return;
    peer->ending_since = clock_.Now();
    ending_.insert(peer->id);
    if (peer->sent == peer->zmtp.output().size()) Close(*peer);
  }

  void Wait(Duration patience, bool until_frame) override {
    Tick();
    std::array<epoll_event, 256> events{};
    const bool at_once = !shaking_.empty() || (until_frame && (current_ != 0 || !turns_.empty()));
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                   at_once ? 0 : Patience(patience));
    for (int i = 0; i < count; ++i) OnEvent(events[static_cast<std::size_t>(i)]);
    for (int i = 0; i < kHandshakesInOneGo && !shaking_.empty(); ++i) {
      const ConnectionId id = shaking_.front();
      shaking_.pop_front();
      if (Peer* peer = Find(id)) Shake(*peer);
    }
    Tick();
  }

  void Wake() override {
    const std::uint64_t one = 1;
    std::ignore = ::write(wake_.get(), &one, sizeof(one));
  }

  [[nodiscard]] std::string endpoint() const override { return listener_.endpoint; }

  [[nodiscard]] DoorMetrics Metrics() const override {
    std::lock_guard lock(metrics_mutex_);
    return metrics_;
  }

 private:
  // ---- connections

  Peer* Find(ConnectionId id) {
    const auto found = peers_.find(id);
    return found == peers_.end() ? nullptr : found->second.get();
  }
  Peer* Find(const PeerId& name) {
    ConnectionId id = 0;
    std::from_chars(name.data(), name.data() + name.size(), id);
    return Find(id);
  }

  void Watch(int fd, std::uint32_t events, ConnectionId id) {
    epoll_event event{.events = events, .data = {.u64 = id}};
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  }

  void Arrivals() {
    for (int i = 0; i < kArrivalsInOneGo; ++i) {
      Fd socket(::accept4(listener_.socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!socket.valid() && (errno == EMFILE || errno == ENFILE)) return TurnOneAway();
      if (!socket.valid()) return;
      Arrive(std::move(socket));
    }
  }

  void Arrive(Fd socket) {
    PeerAddress address = AddressOfPeer(socket.get());
    const Mono now = clock_.Now();
    const ConnectionId id = next_id_++;
    for (const ConnectionId leaving : admission_.Arrive(id, address.counted, now)) {
      if (Peer* peer = Find(leaving)) Refuse(*peer, Refusal::kCrowded);
    }
    if (!admission_.MayShake(address.counted, now)) {
      admission_.Leave(id);
      return Count(address.text, Refusal::kTooManyHandshakes);
    }
    const int yes = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof(yes));
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    const auto admits = [this](const zmtp::Key& key) {
      return !agents_ || agents_->Admits(key, clock_.Now());
    };
    auto peer =
        std::make_unique<Peer>(id, std::move(socket), std::move(address), admits, keys_, limits_, now);
    Peer& arrived = *peers_.emplace(id, std::move(peer)).first->second;
    Watch(arrived.socket.get(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, id);
    Flush(arrived);
    CountConnections();
  }

  // The system gives no more files: the one that was kept for this lets us say no, or the listener would wake
  // us for ever.
  void TurnOneAway() {
    kept_file_ = Fd();
    const Fd socket(::accept4(listener_.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (socket.valid()) Count(AddressOfPeer(socket.get()).text, Refusal::kOpenFiles);
    KeepOneFile();
  }
  void KeepOneFile() { kept_file_ = Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

  void Refuse(Peer& peer, Refusal why) {
    Count(peer.address.text, why);
    Close(peer);
  }

  void Close(Peer& peer) {
    const ConnectionId id = peer.id;
    if (peer.unfinished_since && id != current_) unfinished_bytes_ -= peer.kept.size();
    admission_.Leave(id);
    ending_.erase(id);
    if (current_ == id) current_ = 0;
    peers_.erase(id);
    CountConnections();
  }

  // ---- what happens

  void OnEvent(const epoll_event& event) {
    const ConnectionId id = event.data.u64;
    if (id == kListener) return Arrivals();
    if (id == kWake) {
      std::uint64_t wakes = 0;
      std::ignore = ::read(wake_.get(), &wakes, sizeof(wakes));
      return;
    }
    Peer* peer = Find(id);
    if (!peer) return;
    if ((event.events & EPOLLOUT) != 0 && !Flush(*peer)) return;
    if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) == 0) return;
    peer->readable = true;
    TakeATurn(*peer);
  }

  // Puts it where it is read when its turn comes.
  void TakeATurn(Peer& peer) {
    if (peer.waits_its_turn || peer.id == current_ || peer.ending_since) return;
    if (peer.rests_until > clock_.Now()) return;
    peer.waits_its_turn = true;
    (peer.zmtp.established() ? turns_ : shaking_).push_back(peer.id);
  }

  void LetRest(Peer& peer, Mono until) {
    if (until <= peer.rests_until) return;
    peer.rests_until = until;
    resting_.emplace(until, peer.id);
  }

  void Tick() {
    const Mono now = clock_.Now();
    while (!resting_.empty() && resting_.begin()->first <= now) {
      Peer* peer = Find(resting_.begin()->second);
      resting_.erase(resting_.begin());
      if (peer && peer->rests_until <= now) TakeATurn(*peer);
    }
    if (now < next_tick_) return;
    next_tick_ = now + kTick;
    for (const ConnectionId id : admission_.Overdue(now)) {
      if (Peer* peer = Find(id)) Refuse(*peer, Refusal::kLate);
    }
    EndUnfinished(now);
    for (const ConnectionId id : std::vector(ending_.begin(), ending_.end())) {
      Peer* peer = Find(id);
      if (peer && now - *peer->ending_since >= kLastWord) Close(*peer);
    }
  }

  void EndUnfinished(Mono now) {
    if (unfinished_bytes_ == 0) return;
    std::vector<ConnectionId> too_long;
    for (const auto& [id, peer] : peers_) {
      if (peer->unfinished_since && now - *peer->unfinished_since >= limits_.unfinished_for)
        too_long.push_back(id);
    }
    for (const ConnectionId id : too_long) Refuse(*Find(id), Refusal::kUnfinished);
  }

  [[nodiscard]] int Patience(Duration patience) const {
    if (!peers_.empty()) patience = std::min(patience, kTick);
    if (!resting_.empty()) patience = std::min(patience, resting_.begin()->first - clock_.Now());
    return static_cast<int>(
        std::max<long>(0, std::chrono::ceil<std::chrono::milliseconds>(patience).count()));
  }

  // ---- reading

  // The handshake of one that has sent something.
  void Shake(Peer& peer) {
    peer.waits_its_turn = false;
    while (!peer.zmtp.established()) {
      if (!peer.readable || !ReadMore(peer, zmtp::kMaxHandshakeFrame)) return;
      if (!TakeHandshake(peer)) return;
    }
    for (const ConnectionId leaving : admission_.Identify(peer.id, clock_.Now())) {
      if (Peer* other = Find(leaving)) Refuse(*other, Refusal::kCrowded);
    }
    CountConnections();
    TakeATurn(peer);
  }

  // All that has come whole. False when the peer had to go.
  bool TakeHandshake(Peer& peer) {
    while (!peer.zmtp.established()) {
      const auto taken = peer.zmtp.Take(peer.kept);
      if (!taken) {
        Flush(peer);
        Refuse(peer, RefusalOf(taken.error()));
        return false;
      }
      if (taken->bytes == 0) return true;
      peer.kept.erase(peer.kept.begin(), peer.kept.begin() + static_cast<std::ptrdiff_t>(taken->bytes));
      if (!Flush(peer)) return false;
    }
    return true;
  }

  // Appends to what is kept. False when the peer is gone; `readable` is off when nothing more is there.
  bool ReadMore(Peer& peer, std::size_t most) {
    const ssize_t got = ::recv(peer.socket.get(), scratch_.data(), std::min(most, scratch_.size()), 0);
    if (!Came(peer, got)) return false;
    if (got > 0) peer.kept.insert(peer.kept.end(), scratch_.begin(), scratch_.begin() + got);
    return true;
  }

  // What a read has brought. False when the peer has gone.
  bool Came(Peer& peer, ssize_t got) {
    if (got > 0) return true;
    if (got < 0 && errno == EINTR) return true;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      peer.readable = false;
      return true;
    }
    Close(peer);
    return false;
  }

  void BeginTurn(Peer& peer) {
    peer.waits_its_turn = false;
    if (peer.unfinished_since) unfinished_bytes_ -= peer.kept.size();
    in_turn_ = std::span(peer.kept);
    from_scratch_ = false;
    read_in_turn_ = 0;
    messages_in_turn_ = 0;
  }

  // The next message of the peer whose turn it is; nothing when its turn is over.
  std::optional<std::span<const std::byte>> NextMessage(Peer& peer) {
    while (!in_turn_.empty()) {
      const auto taken = peer.zmtp.Take(in_turn_);
      if (!taken) {
        Refuse(peer, RefusalOf(taken.error()));
        return std::nullopt;
      }
      if (taken->bytes == 0) break;
      in_turn_ = in_turn_.subspan(taken->bytes);
      peer.unfinished_since.reset();
      if (!Flush(peer)) return std::nullopt;  // a PONG
      if (!taken->message) continue;
      Charge(peer, taken->bytes);
      ++messages_in_turn_;
      return taken->message;
    }
    // One read a turn, so that others get theirs; more only for the end of a message, so that few are kept
    // half.
    const bool enough = messages_in_turn_ > 0 ? read_in_turn_ > 0 : read_in_turn_ >= kMostMessage;
    if (enough || !peer.readable) {
      EndTurn(peer);
    } else {
      ReadInTurn(peer);
    }
    return std::nullopt;
  }

  void ReadInTurn(Peer& peer) {
    KeepRest(peer);
    const ssize_t got = ::recv(peer.socket.get(), scratch_.data(), scratch_.size(), 0);
    if (!Came(peer, got) || got <= 0) return;
    read_in_turn_ += static_cast<std::size_t>(got);
    const std::span<std::byte> came = std::span(scratch_).first(static_cast<std::size_t>(got));
    if (peer.kept.empty()) {
      in_turn_ = came;
      from_scratch_ = true;
      return;
    }
    peer.kept.insert(peer.kept.end(), came.begin(), came.end());
    in_turn_ = std::span(peer.kept);
    from_scratch_ = false;
  }

  // What is not done with goes where it outlives the turn.
  void KeepRest(Peer& peer) {
    if (from_scratch_) {
      peer.kept.assign(in_turn_.begin(), in_turn_.end());
    } else {
      peer.kept.erase(peer.kept.begin(), peer.kept.end() - static_cast<std::ptrdiff_t>(in_turn_.size()));
    }
    if (peer.kept.empty()) zmtp::Bytes().swap(peer.kept);
    in_turn_ = std::span(peer.kept);
    from_scratch_ = false;
  }

  void EndTurn(Peer& peer) {
    KeepRest(peer);
    current_ = 0;
    if (!peer.kept.empty()) {
      if (!peer.unfinished_since) peer.unfinished_since = clock_.Now();
      unfinished_bytes_ += peer.kept.size();
    }
    if (peer.readable) TakeATurn(peer);
    if (unfinished_bytes_ > limits_.unfinished_of_address) BoundUnfinished(peer.address.counted);
  }

  // Too much of it: the one that has kept us waiting longest goes, of the address or of all.
  void BoundUnfinished(const std::string& address) {
    std::size_t of_address = 0;
    Peer* slowest = nullptr;
    Peer* slowest_of_address = nullptr;
    const auto slower = [](const Peer* than, const Peer& peer) {
      return !than || *peer.unfinished_since < *than->unfinished_since;
    };
    for (const auto& [id, peer] : peers_) {
      if (!peer->unfinished_since || id == current_) continue;
      if (slower(slowest, *peer)) slowest = peer.get();
      if (peer->address.counted != address) continue;
      of_address += peer->kept.size();
      if (slower(slowest_of_address, *peer)) slowest_of_address = peer.get();
    }
    if (slowest_of_address && of_address > limits_.unfinished_of_address) {
      Refuse(*slowest_of_address, Refusal::kUnfinished);
    } else if (slowest && unfinished_bytes_ > limits_.unfinished) {
      Refuse(*slowest, Refusal::kUnfinished);
    }
  }

  // A peer that says more than it may is read again when it may.
  void Charge(Peer& peer, std::size_t bytes) {
    const Mono now = clock_.Now();
    const Duration rest = peer.allowance.Charge(static_cast<double>(bytes) + kCostOfMessage, now);
    if (rest > Duration::zero()) LetRest(peer, now + rest);
  }

  // ---- writing

  // Sends what is to be sent as far as the peer takes it. False when it had to go.
  bool Flush(Peer& peer) {
    zmtp::Bytes& output = peer.zmtp.output();
    while (peer.sent < output.size()) {
      const ssize_t sent =
          ::send(peer.socket.get(), output.data() + peer.sent, output.size() - peer.sent, MSG_NOSIGNAL);
      if (sent > 0) {
        peer.sent += static_cast<std::size_t>(sent);
        continue;
      }
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return StillTakes(peer);
      Close(peer);
      return false;
    }
    zmtp::Bytes().swap(output);
    peer.sent = 0;
    if (!peer.ending_since) return true;
    Close(peer);
    return false;
  }

  bool StillTakes(Peer& peer) {
    zmtp::Bytes& output = peer.zmtp.output();
    output.erase(output.begin(), output.begin() + static_cast<std::ptrdiff_t>(std::exchange(peer.sent, 0)));
    if (output.size() <= limits_.unread_answers) return true;
    Refuse(peer, Refusal::kDoesNotRead);
    return false;
  }

  // ---- counting

  void Count(const std::string& address, Refusal why) {
    std::lock_guard lock(metrics_mutex_);
    std::pair key(address, why);
    if (!metrics_.refused.contains(key) && metrics_.refused.size() >= kMostAddresses) key.first = "others";
    // The first of a kind is worth a line; the counter tells of the rest.
    if (++metrics_.refused[std::move(key)] == 1)
      spdlog::warn("a connection of {} is refused: {}", address, Name(why));
  }

  void CountConnections() {
    std::lock_guard lock(metrics_mutex_);
    metrics_.connections = peers_.size();
    metrics_.strangers = admission_.connections(Stage::kShaking);
  }

  AgentKeys* const agents_;  // nullptr: everybody is let in
  const RouterLimits limits_;
  const Clock& clock_;
  zmtp::ServerKeys keys_;
  Fd epoll_;
  Fd wake_;
  Fd kept_file_;
  Listener listener_;

  ConnectionId next_id_ = kFirst;  // never given twice
  std::unordered_map<ConnectionId, std::unique_ptr<Peer>> peers_;
  Admission admission_;
  std::set<ConnectionId> ending_;
  std::multimap<Mono, ConnectionId> resting_;
  std::deque<ConnectionId> shaking_;  // have sent a part of a handshake
  std::deque<ConnectionId> turns_;    // are in, and have sent something
  std::size_t unfinished_bytes_ = 0;
  Mono next_tick_{};

  // The peer whose turn it is; 0: nobody's. What has come of it is in the scratch or in what it keeps.
  ConnectionId current_ = 0;
  std::span<std::byte> in_turn_;
  bool from_scratch_ = false;
  std::size_t read_in_turn_ = 0;
  std::size_t messages_in_turn_ = 0;
  zmtp::Bytes scratch_;

  mutable std::mutex metrics_mutex_;
  DoorMetrics metrics_;
};

}  // namespace

std::string_view Name(Refusal refusal) {
  switch (refusal) {
    case Refusal::kNotZmtp:
      return "not_zmtp";
    case Refusal::kWrongKey:
      return "wrong_key";
    case Refusal::kUnknownAgent:
      return "unknown_agent";
    case Refusal::kBadMessage:
      return "bad_message";
    case Refusal::kTooLarge:
      return "too_large";
    case Refusal::kCrowded:
      return "crowded";
    case Refusal::kLate:
      return "late";
    case Refusal::kTooManyHandshakes:
      return "too_many_handshakes";
    case Refusal::kTooManyAgents:
      return "too_many_agents";
    case Refusal::kUnfinished:
      return "unfinished";
    case Refusal::kDoesNotRead:
      return "does_not_read";
    case Refusal::kOpenFiles:
      return "open_files";
  }
  std::unreachable();
}

Result<std::unique_ptr<Router>> Router::Bind(const std::string& endpoint, const CurveKeys& keys,
                                             AgentKeys* agents, const RouterLimits& limits,
                                             const Clock& clock) {
  auto router = std::make_unique<EpollRouter>(agents, limits, clock);
  if (auto bound = router->Bind(endpoint, keys); !bound) return Failure(bound.error());
  return router;
}

}  // namespace loadline::collector
