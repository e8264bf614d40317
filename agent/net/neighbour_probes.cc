#include "agent/net/neighbour_probes.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "schemas/base/tcp_attempt.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLongestWait = 1min;

bool IsOfOneMachine(const in_addr& address) {
  const std::uint32_t bits = ntohl(address.s_addr);
  const std::uint32_t first = bits >> 24;
  const bool local = first == 0 || first == 127 || bits >> 16 == 0xa9fe;  // 169.254/16
  return !local && first < 224;  // multicast, and what is kept for later
}

wire::ProbeOutcome OutcomeOf(int error) {
  if (error == 0) return wire::ProbeOutcome::kAccepted;
  return error == ECONNREFUSED ? wire::ProbeOutcome::kRefused : wire::ProbeOutcome::kNoAnswer;
}

}  // namespace

bool MayBeANeighbour(const std::string& address) {
  in_addr v4{};
  if (::inet_pton(AF_INET, address.c_str(), &v4) == 1) return IsOfOneMachine(v4);
  in6_addr v6{};
  if (::inet_pton(AF_INET6, address.c_str(), &v6) != 1) return false;
  if (IN6_IS_ADDR_V4MAPPED(&v6) || IN6_IS_ADDR_V4COMPAT(&v6)) return false;
  return !IN6_IS_ADDR_UNSPECIFIED(&v6) && !IN6_IS_ADDR_LOOPBACK(&v6) && !IN6_IS_ADDR_LINKLOCAL(&v6) &&
         !IN6_IS_ADDR_MULTICAST(&v6);
}

NeighbourProbes::NeighbourProbes(std::function<void(const wire::NeighbourProbed&)> found,
                                 std::function<bool(const std::string&)> may_be)
    : found_(std::move(found)), may_be_(std::move(may_be)), wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

NeighbourProbes::~NeighbourProbes() {
  thread_.request_stop();
  (void)::eventfd_write(wake_.get(), 1);
}

void NeighbourProbes::Ask(const wire::ProbeNeighbours& asked) {
  {
    const std::lock_guard lock(mutex_);
    for (const wire::KubeletPort& kubelet : asked.kubelets) {
      if (asked_.size() >= kMostAtOnce) break;
      if (may_be_(kubelet.address))
        asked_.push_back(kubelet);
      else
        spdlog::warn(
            "the collector asks whether {} is at {}, which is no address of a neighbour: it is not asked",
            kubelet.node, kubelet.address);
    }
    if (!thread_.joinable()) thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  }
  (void)::eventfd_write(wake_.get(), 1);
}

void NeighbourProbes::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::vector<wire::KubeletPort> asked;
    {
      const std::lock_guard lock(mutex_);
      asked = std::exchange(asked_, {});
    }
    for (wire::KubeletPort& kubelet : asked) Begin(std::move(kubelet));
    Wait();
    End();
  }
}

void NeighbourProbes::Begin(wire::KubeletPort kubelet) {
  if (attempts_.size() >= kMostAtOnce ||
      std::ranges::find(attempts_, kubelet.node, &Attempt::node) != attempts_.end())
    return;
  TcpAttempt begun = BeginTcp(kubelet.address, kubelet.port);
  if (begun.socket.valid()) {
    attempts_.push_back({std::move(kubelet.node), std::move(begun.socket), clock_.Now() + kPatience});
  } else if (!IsOwnTrouble(begun.error)) {
    found_({.node = std::move(kubelet.node), .outcome = OutcomeOf(begun.error)});
  }
}

void NeighbourProbes::Wait() {
  std::vector<pollfd> watched = {{.fd = wake_.get(), .events = POLLIN, .revents = 0}};
  Mono until = clock_.Now() + kLongestWait;
  for (const Attempt& attempt : attempts_) {
    watched.push_back({.fd = attempt.socket.get(), .events = POLLOUT, .revents = 0});
    until = std::min(until, attempt.ends);
  }
  const Duration wait = std::max(until - clock_.Now(), Duration(0));
  (void)::poll(watched.data(), watched.size(),
               static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(wait).count()));
  eventfd_t wakes = 0;
  (void)::eventfd_read(wake_.get(), &wakes);
}

void NeighbourProbes::End() {
  const Mono now = clock_.Now();
  std::erase_if(attempts_, [&](Attempt& attempt) {
    const bool ended = IsReady(attempt.socket.get(), POLLOUT);
    if (!ended && now < attempt.ends) return false;
    const int error = ended ? ErrorOfTcp(attempt.socket.get()) : ETIMEDOUT;
    if (!IsOwnTrouble(error)) found_({.node = std::move(attempt.node), .outcome = OutcomeOf(error)});
    return true;
  });
}

}  // namespace loadline::agent
