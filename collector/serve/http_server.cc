#include "collector/serve/http_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "collector/serve/address.h"
#include "collector/serve/client.h"
#include "collector/serve/feeds.h"
#include "collector/serve/workers.h"
#include "collector/serve/write_reply.h"

namespace loadline::collector {
namespace {

using Time = Client::Time;
using Id = std::uint64_t;

constexpr Id kListener = 0;
constexpr Id kBell = 1;
constexpr Id kFirstClient = 2;
// How exactly deadlines are kept.
constexpr std::chrono::milliseconds kSweep{50};
// At the end, for what was done to be answered.
constexpr std::chrono::seconds kLastWords{1};
constexpr int kAcceptAtOnce = 64;

// Wakes the loop for connections that have news, from any thread.
class Bell {
 public:
  [[nodiscard]] int fd() const { return event_.get(); }
  void Ring(Id id) {
    {
      const std::lock_guard lock(mutex_);
      ids_.push_back(id);
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(event_.get(), &one, sizeof one);
  }
  std::vector<Id> Heard() {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(event_.get(), &count, sizeof count);
    const std::lock_guard lock(mutex_);
    return std::exchange(ids_, {});
  }

 private:
  Fd event_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::mutex mutex_;
  std::vector<Id> ids_;
};

class EpollServer final : public HttpServer {
 public:
  EpollServer(HttpServerOptions options, HttpHandler& handler, Fd listener)
      : options_(std::move(options)),
        handler_(handler),
        listener_(std::move(listener)),
        port_(PortOf(listener_.get())),
        workers_(options_.workers, options_.queue, options_.niceness) {
    Watch(EPOLL_CTL_ADD, listener_.get(), kListener, EPOLLIN);
    Watch(EPOLL_CTL_ADD, bell_.fd(), kBell, EPOLLIN);
    thread_ = std::thread([this] { Run(); });
  }
  EpollServer(const EpollServer&) = delete;
  EpollServer& operator=(const EpollServer&) = delete;
  ~EpollServer() override {
    stopping_ = true;
    bell_.Ring(kBell);
    thread_.join();
  }

  [[nodiscard]] std::uint16_t port() const override { return port_; }

 private:
  struct Entry {
    std::unique_ptr<Client> client;
    std::uint32_t events = 0;  // that epoll was asked for
  };

  void Run();
  void Turn(int patience);
  [[nodiscard]] bool Answers() const;
  void Handle(Id id, std::uint32_t events, Time now);
  void Follow(Id id, Client::Next next, Time now);
  void Make(Id id, Entry& entry, Time now);
  void Accept(Time now);
  bool MakeRoom(const std::string& peer);
  bool Displace(const std::string* peer);
  void Sweep(Time now);
  void Close(Id id, const char* reason);
  void Report(const char* reason) const {
    if (reason != nullptr && *reason != '\0' && options_.on_closed) options_.on_closed(reason);
  }
  void ReportOpen() const {
    if (options_.on_open) options_.on_open(clients_.size());
  }
  void Watch(int how, int fd, Id id, std::uint32_t events) const {
    epoll_event event{.events = events, .data = {.u64 = id}};
    ::epoll_ctl(epoll_.get(), how, fd, &event);
  }

  const HttpServerOptions options_;
  HttpHandler& handler_;
  const Fd listener_;
  const std::uint16_t port_;
  const Fd epoll_{::epoll_create1(EPOLL_CLOEXEC)};
  Bell bell_;
  std::atomic<bool> stopping_ = false;

  // The loop's.
  Held held_;
  std::map<Id, Entry> clients_;
  std::map<std::string, std::size_t> of_peer_;
  Id next_id_ = kFirstClient;
  std::vector<Id> again_;
  Time next_sweep_{};
  bool deaf_ = false;  // nothing is accepted until the next sweep

  Feeds feeds_;
  Turns turns_{options_.long_answers};
  std::thread thread_;
  Workers workers_;  // ends first: what they hold leads into the others
};

void EpollServer::Run() {
  // An encrypted connection whose other side is gone must not end the process.
  sigset_t pipe_signal;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe_signal, nullptr);
  const int sweep = static_cast<int>(kSweep.count());
  while (!stopping_) Turn(!again_.empty() ? 0 : clients_.empty() && !deaf_ ? -1 : sweep);
  Watch(EPOLL_CTL_DEL, listener_.get(), kListener, 0);
  // Whoever had something done and hears nothing of it does it again.
  const Time end = std::chrono::steady_clock::now() + kLastWords;
  while (Answers() && std::chrono::steady_clock::now() < end) Turn(again_.empty() ? sweep : 0);
  clients_.clear();
}

void EpollServer::Turn(int patience) {
  std::array<epoll_event, 128> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), patience);
  const Time now = std::chrono::steady_clock::now();
  for (const Id id : std::exchange(again_, {})) Handle(id, 0, now);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events.at(static_cast<std::size_t>(i));
    if (event.data.u64 == kListener) {
      Accept(now);
    } else if (event.data.u64 == kBell) {
      for (const Id id : bell_.Heard()) Handle(id, 0, now);
    } else {
      Handle(event.data.u64, event.events, now);
    }
  }
  if (now >= next_sweep_) Sweep(now);
}

// Whether a short answer is being made or sent.
bool EpollServer::Answers() const {
  return std::ranges::any_of(clients_, [](const auto& one) { return one.second.client->ends_soon(); });
}

// Without events: its pipe has news.
void EpollServer::Handle(Id id, std::uint32_t events, Time now) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  Client& client = *found->second.client;
  if (events == 0) return Follow(id, client.News(now), now);
  if ((events & (EPOLLHUP | EPOLLERR)) != 0) return Close(id, nullptr);
  Client::Next next = Client::Next::kNothing;
  if ((events & EPOLLOUT) != 0) next = client.Writable(now);
  if (next == Client::Next::kNothing && (events & EPOLLIN) != 0) next = client.Readable(now);
  Follow(id, next, now);
}

void EpollServer::Follow(Id id, Client::Next next, Time now) {
  Entry& entry = clients_.at(id);
  if (next == Client::Next::kMake) Make(id, entry, now);
  if (next == Client::Next::kClose) return Close(id, nullptr);
  if (next == Client::Next::kLookAgain) again_.push_back(id);
  if (const std::uint32_t wanted = entry.client->events(); wanted != entry.events) {
    entry.events = wanted;
    Watch(EPOLL_CTL_MOD, entry.client->fd(), id, wanted);
  }
}

void EpollServer::Make(Id id, Entry& entry, Time now) {
  const bool open = entry.client->body_is_open();
  auto pipe = std::make_shared<Pipe>(options_.limits.answer_ahead, [this, id] { bell_.Ring(id); });
  auto request = entry.client->Begin(pipe, now);
  const bool handed = workers_.Hand([this, open, request = std::move(request), pipe = std::move(pipe)] {
    try {
      if (open && handler_.WantsBody(*request)) return pipe->AskForBody();
      Reply reply = handler_.Respond(*request, pipe);
      WriteReply(*request, reply, *pipe, turns_);
      if (reply.feed && request->method != "HEAD") feeds_.Add(std::move(reply.feed), pipe, !request->old);
    } catch (const std::exception&) {
      // Out of memory. What was begun is cut short, so that nobody takes it for the whole.
      pipe->Finish(false);
    }
  });
  if (handed) return;
  Report("busy");
  if (entry.client->Refuse(503, "too many requests at once: try again", now) == Client::Next::kClose)
    again_.push_back(id);
}

void EpollServer::Accept(Time now) {
  for (int i = 0; i < kAcceptAtOnce; ++i) {
    Fd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket.valid()) {
      if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) return;
      // Out of descriptors: whoever waits in the kernel's queue is let in a little later.
      Report("full");
      if (Displace(nullptr)) continue;
      deaf_ = true;
      Watch(EPOLL_CTL_MOD, listener_.get(), kListener, 0);
      return;
    }
    std::string peer = PeerOf(socket.get());
    if (peer.empty()) continue;
    if (!MakeRoom(peer)) {
      Report("full");
      continue;
    }
    const int yes = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    auto transport =
        options_.transport ? options_.transport(std::move(socket)) : MakePlainTransport(std::move(socket));
    if (!transport) continue;
    const Id id = next_id_++;
    ++of_peer_[peer];
    Entry entry{std::make_unique<Client>(std::move(transport), std::move(peer), options_.limits, held_, now)};
    entry.events = entry.client->events();
    Watch(EPOLL_CTL_ADD, entry.client->fd(), id, entry.events);
    clients_.emplace(id, std::move(entry));
    ReportOpen();
  }
}

// For one more of this address.
bool EpollServer::MakeRoom(const std::string& peer) {
  const auto own = of_peer_.find(peer);
  const std::size_t count = own == of_peer_.end() ? 0 : own->second;
  if (!IsLoopback(peer) && count >= options_.limits.per_address) return Displace(&peer);
  if (clients_.size() < options_.limits.connections) return true;
  const auto most = std::ranges::max_element(of_peer_, {}, [](const auto& one) { return one.second; });
  const std::string crowd = most->second > count ? most->first : peer;
  return Displace(&crowd) || Displace(nullptr);
}

// Closes the longest idle connection, of one address or of all. False when none is idle.
bool EpollServer::Displace(const std::string* peer) {
  auto oldest = clients_.end();
  for (auto it = clients_.begin(); it != clients_.end(); ++it) {
    const Client& client = *it->second.client;
    if (!client.idle() || (peer != nullptr && client.peer() != *peer)) continue;
    if (oldest == clients_.end() || client.since() < oldest->second.client->since()) oldest = it;
  }
  if (oldest == clients_.end()) return false;
  Close(oldest->first, "displaced");
  return true;
}

void EpollServer::Sweep(Time now) {
  next_sweep_ = now + kSweep;
  if (std::exchange(deaf_, false)) Watch(EPOLL_CTL_MOD, listener_.get(), kListener, EPOLLIN);
  std::vector<std::pair<Id, const char*>> overdue;
  for (const auto& [id, entry] : clients_) {
    if (const char* reason = entry.client->Overdue(now)) overdue.emplace_back(id, reason);
  }
  for (const auto& [id, reason] : overdue) Close(id, reason);
  const auto shed = [&](Client::Waits what, const std::size_t& held, std::size_t most, const char* reason) {
    while (held > most) {
      auto oldest = clients_.end();
      for (auto it = clients_.begin(); it != clients_.end(); ++it) {
        if (it->second.client->waits() != what) continue;
        if (oldest == clients_.end() || it->second.client->since() < oldest->second.client->since())
          oldest = it;
      }
      if (oldest == clients_.end()) return;
      Close(oldest->first, reason);
    }
  };
  shed(Client::Waits::kForBody, held_.bodies, options_.limits.all_body_bytes, "displaced");
  shed(Client::Waits::kForReader, held_.answers, options_.limits.all_answer_bytes, "slow_reader");
}

void EpollServer::Close(Id id, const char* reason) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  const char* fault = found->second.client->fault();
  Report(fault != nullptr ? fault : reason);
  const auto peer = of_peer_.find(found->second.client->peer());
  if (--peer->second == 0) of_peer_.erase(peer);
  clients_.erase(found);
  ReportOpen();
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::Start(HttpServerOptions options, HttpHandler& handler) {
  Result<Fd> listener = ListenOn(options.address, options.port);
  if (!listener) return Failure(listener.error());
  return std::make_unique<EpollServer>(std::move(options), handler, std::move(*listener));
}

}  // namespace loadline::collector
