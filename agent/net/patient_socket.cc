#include "agent/net/patient_socket.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <thread>

#include "schemas/base/tcp_attempt.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;

// How late a request to stop may be noticed.
constexpr Duration kGlance = 100ms;

// False when patience is over first.
bool WaitFor(int fd, short events, const Patience& patience) {
  const SystemClock clock;
  while (!patience.stop.stop_requested()) {
    const Duration left = patience.deadline - clock.Now();
    if (left <= 0s) return false;
    pollfd ready{.fd = fd, .events = events, .revents = 0};
    const auto wait_ms = static_cast<int>(std::min(left, kGlance) / 1ms) + 1;
    if (::poll(&ready, 1, wait_ms) > 0) return true;
  }
  return false;
}

std::unexpected<Error> NotInTime(const char* what) {
  return Failure(ErrorKind::kUnavailable, std::string(what) + " in time");
}

std::unexpected<Error> Refused(int error) {
  if (error == ECONNREFUSED) return Failure(ErrorKind::kUnavailable, "refuses connections");
  if (error == ENOENT) return Failure(ErrorKind::kNotFound, "is not there");
  return SystemFailure("connect", error);
}

}  // namespace

std::optional<HostPort> ParseHostPort(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  HostPort parsed{.host = host == "localhost" ? "127.0.0.1" : std::string(host)};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), parsed.port);
  if (error != std::errc{} || end != digits.data() + digits.size() || parsed.port == 0) return std::nullopt;
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  const bool numeric = ::inet_pton(AF_INET, parsed.host.c_str(), bytes.data()) == 1 ||
                       ::inet_pton(AF_INET6, parsed.host.c_str(), bytes.data()) == 1;
  return numeric ? std::optional(parsed) : std::nullopt;
}

std::string TextOf(const HostPort& at) {
  const bool is_v6 = at.host.find(':') != std::string::npos;
  return (is_v6 ? "[" + at.host + "]" : at.host) + ":" + std::to_string(at.port);
}

Result<PatientSocket> PatientSocket::Unix(const std::string& path, const Patience& patience) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  if (path.size() >= sizeof address.sun_path) return Failure(ErrorKind::kInvalid, "has too long a name");
  std::ranges::copy(path, address.sun_path);
  const SystemClock clock;
  do {
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd.valid()) return SystemFailure("socket", errno);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
      return PatientSocket(std::move(fd));
    // As many as its server lets wait are waiting already.
    if (errno != EAGAIN) return Refused(errno);
    std::this_thread::sleep_for(kGlance);
  } while (clock.Now() < patience.deadline && !patience.stop.stop_requested());
  return NotInTime("does not accept connections");
}

Result<PatientSocket> PatientSocket::To(const HostPort& to, int type) {
  TcpAttempt begun = BeginConnection(to.host, to.port, type);
  if (begun.error == EINVAL) return Failure(ErrorKind::kInvalid, to.host + " is no address");
  if (!begun.socket.valid()) return Refused(begun.error);
  return PatientSocket(std::move(begun.socket));
}

Result<PatientSocket> PatientSocket::Tcp(const HostPort& to, const Patience& patience) {
  Result<PatientSocket> begun = To(to, SOCK_STREAM);
  if (!begun) return begun;
  if (!WaitFor(begun->fd_.get(), POLLOUT, patience)) return NotInTime("does not accept connections");
  if (const int error = ErrorOfTcp(begun->fd_.get())) return Refused(error);
  return begun;
}

Result<PatientSocket> PatientSocket::Udp(const HostPort& to) {
  return To(to, SOCK_DGRAM);
}

Result<void> PatientSocket::Send(std::string_view bytes, const Patience& patience) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EAGAIN && errno != EINTR) {
      return Refused(errno);
    } else if (!WaitFor(fd_.get(), POLLOUT, patience)) {
      return NotInTime("does not take what is sent");
    }
  }
  return {};
}

Result<std::string> PatientSocket::Receive(const Patience& patience) {
  while (WaitFor(fd_.get(), POLLIN, patience)) {
    std::array<char, 4096> buffer;
    const ssize_t size = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (size >= 0) return std::string(buffer.data(), static_cast<std::size_t>(size));
    if (errno != EAGAIN && errno != EINTR) return Refused(errno);
  }
  return NotInTime("does not answer");
}

}  // namespace loadline::agent
