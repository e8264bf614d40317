#include "collector/reach/reach.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "schemas/base/prompt_thread.h"
#include "schemas/base/tcp_attempt.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLongestWait = 1s;
constexpr Duration kLongAgo = 24h;
constexpr std::string_view kRequest = "GET /healthz HTTP/1.1\r\nHost: kubelet\r\nConnection: close\r\n\r\n";

// A connection that stands, or something to read.
short Awaited(bool asked) {
  return asked ? POLLIN : POLLOUT;
}

}  // namespace

Reach::Reach(const Clock& clock, std::function<void()> news, const ReachOptions& options)
    : clock_(clock),
      news_(std::move(news)),
      options_(options),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

Reach::~Reach() {
  thread_.request_stop();
  Wake();
}

void Reach::Wake() const {
  (void)::eventfd_write(wake_.get(), 1);
}

void Reach::Watch(std::map<std::string, Target, std::less<>> targets) {
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(nodes_, [&](const auto& known) {
      const auto found = targets.find(known.first);
      return found == targets.end() || found->second != known.second.target;
    });
    for (auto& [node, target] : targets) {
      PortRecord record(Remembered(node, target));
      nodes_.try_emplace(node, Asked{.target = std::move(target), .record = std::move(record)});
    }
  }
  Wake();
}

void Reach::Doubt(std::set<std::string, std::less<>> nodes) {
  {
    const std::lock_guard lock(mutex_);
    if (nodes == doubted_) return;
    const Mono now = clock_.Now();
    for (const std::string& node : nodes) {
      const auto found = nodes_.find(node);
      if (found == nodes_.end() || doubted_.contains(node)) continue;
      found->second.record.Doubt(now);
    }
    doubted_ = std::move(nodes);
  }
  Wake();
}

Witness Reach::Remembered(const std::string& node, const Target& target) const {
  const auto found = remembered_.find(node);
  if (found == remembered_.end() || found->second.target != target) return {};
  Witness witness{.knows = true};
  // Not lately: what it says now is found out.
  if (found->second.answered) witness.answered = clock_.Now() - kLongAgo;
  return witness;
}

void Reach::Remember(std::vector<Met> met) {
  const std::lock_guard lock(mutex_);
  for (Met& one : met) remembered_.insert_or_assign(one.node, std::move(one));
}

std::vector<Reach::Met> Reach::TakeMet() {
  const std::lock_guard lock(mutex_);
  return std::exchange(met_, {});
}

Witness Reach::Of(std::string_view node) const {
  const std::lock_guard lock(mutex_);
  const auto found = nodes_.find(node);
  return found == nodes_.end() ? Witness{} : found->second.record.witness();
}

void Reach::Run(const std::stop_token& stop) {
  BePrompt("reach");
  while (!stop.stop_requested()) {
    StartDue(clock_.Now());
    Wait();
    EndAttempts();
  }
}

void Reach::StartDue(Mono now) {
  const std::lock_guard lock(mutex_);
  const auto start = [&](const std::string& node, Asked& asked) {
    if (!asked.in_flight && asked.record.next() <= now && attempts_.size() < options_.in_flight)
      Start(node, asked, now);
  };
  for (const std::string& node : doubted_) {
    if (const auto found = nodes_.find(node); found != nodes_.end()) start(node, found->second);
  }
  for (auto& [node, asked] : nodes_) start(node, asked);
}

void Reach::Start(const std::string& node, Asked& asked, Mono now) {
  TcpAttempt begun = BeginTcp(asked.target.address, asked.target.port);
  asked.record.Begin(doubted_.contains(node), now, options_.pace);
  if (!begun.socket.valid()) {
    if (!IsOwnTrouble(begun.error)) asked.record.Settle(PortAnswer::kNothing);
    return;
  }
  asked.in_flight = true;
  attempts_.push_back({.node = node,
                       .target = asked.target,
                       .socket = std::move(begun.socket),
                       .ends = now + options_.pace.patience});
}

Duration Reach::UntilNext(Mono now) const {
  Mono next = now + kLongestWait;
  for (const Attempt& attempt : attempts_) next = std::min(next, attempt.ends);
  const std::lock_guard lock(mutex_);
  if (attempts_.size() < options_.in_flight) {
    for (const auto& [node, asked] : nodes_)
      if (!asked.in_flight) next = std::min(next, asked.record.next());
  }
  return std::max(next - now, Duration(0));
}

void Reach::Wait() {
  std::vector<pollfd> watched = {{.fd = wake_.get(), .events = POLLIN, .revents = 0}};
  for (const Attempt& attempt : attempts_)
    watched.push_back({.fd = attempt.socket.get(), .events = Awaited(attempt.asked), .revents = 0});
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(UntilNext(clock_.Now()));
  (void)::poll(watched.data(), watched.size(), static_cast<int>(wait.count()));
  eventfd_t wakes = 0;
  (void)::eventfd_read(wake_.get(), &wakes);
}

void Reach::EndAttempts() {
  const Mono now = clock_.Now();
  bool is_news = false;
  std::erase_if(attempts_, [&](Attempt& attempt) {
    const bool ended = IsReady(attempt.socket.get(), Awaited(attempt.asked));
    if (!ended && now < attempt.ends) return false;
    {
      const std::lock_guard lock(mutex_);
      is_news = is_news || doubted_.contains(attempt.node);
    }
    if (attempt.asked) {
      SettleAnswer(attempt, ended);
      return true;
    }
    const int error = ended ? ErrorOfTcp(attempt.socket.get()) : ETIMEDOUT;
    Settle(attempt, error);
    return error != 0 || !Request(attempt, now);
  });
  if (is_news) news_();
}

Reach::Asked* Reach::AskedBy(const Attempt& attempt) {
  const auto found = nodes_.find(attempt.node);
  return found != nodes_.end() && found->second.target == attempt.target ? &found->second : nullptr;
}

void Reach::Settle(const Attempt& attempt, int error) {
  const std::lock_guard lock(mutex_);
  Asked* asked = AskedBy(attempt);
  if (asked == nullptr) return;
  asked->in_flight = false;
  if (IsOwnTrouble(error)) return;
  const bool knew = asked->record.witness().knows;
  asked->record.Settle(error == 0              ? PortAnswer::kAccepted
                       : error == ECONNREFUSED ? PortAnswer::kRefused
                                               : PortAnswer::kNothing);
  if (!knew && asked->record.witness().knows) met_.push_back({attempt.node, attempt.target});
}

// On a connection that has just come to stand. False: another one of that node waits for an answer already.
bool Reach::Request(Attempt& attempt, Mono now) {
  const std::lock_guard lock(mutex_);
  Asked* asked = AskedBy(attempt);
  if (asked == nullptr || asked->record.listening()) return false;
  if (::send(attempt.socket.get(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL) < 0) return false;
  asked->record.Requested();
  attempt.asked = true;
  attempt.ends = now + options_.pace.answer;
  return true;
}

void Reach::SettleAnswer(const Attempt& attempt, bool ended) {
  char first = 0;
  const bool answered = ended && ::recv(attempt.socket.get(), &first, 1, MSG_DONTWAIT) == 1;
  const std::lock_guard lock(mutex_);
  Asked* asked = AskedBy(attempt);
  if (asked == nullptr) return;
  if (answered && !asked->record.witness().answered) met_.push_back({attempt.node, attempt.target, true});
  asked->record.Answered(answered, clock_.Now());
}

}  // namespace loadline::collector
