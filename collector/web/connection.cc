#include "collector/web/connection.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace loadline::collector {
namespace {

using GetName = int (*)(int, sockaddr*, socklen_t*);

void Describe(int socket, GetName get, std::string& ip, int& port) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (get(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    port = ntohs(v4.sin_port);
  } else if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    port = ntohs(v6.sin6_port);
  }
  ip = text.data();
}

}  // namespace

bool Connection::Wait(short events, std::chrono::milliseconds timeout) const {
  std::array<pollfd, 2> fds{{{socket_, events, 0}, {stop_fd_, POLLIN, 0}}};
  const auto until = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    const int ready = ::poll(fds.data(), fds.size(), std::max<int>(0, static_cast<int>(left.count())));
    if (ready < 0 && errno == EINTR) continue;
    return ready > 0 && fds[1].revents == 0 && fds[0].revents != 0;
  }
}

bool Connection::Fill(std::chrono::milliseconds timeout) {
  if (!Wait(POLLIN, timeout)) return false;
  const ssize_t got = ::recv(socket_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
  if (got <= 0) return false;
  taken_ = 0;
  filled_ = static_cast<std::size_t>(got);
  return true;
}

bool Connection::AwaitRequest() {
  if (taken_ == filled_ && !Fill(limits_.idle)) return false;
  budget_ = limits_.request_bytes;
  deadline_ = std::chrono::steady_clock::now() + limits_.request_time;
  return true;
}

ssize_t Connection::read(char* to, size_t size) {
  if (budget_ == 0) return -1;
  if (taken_ == filled_) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
    if (left.count() <= 0 || !Fill(left)) return -1;
  }
  const std::size_t count = std::min({size, filled_ - taken_, budget_});
  std::memcpy(to, buffer_.data() + taken_, count);
  taken_ += count;
  budget_ -= count;
  return static_cast<ssize_t>(count);
}

ssize_t Connection::write(const char* from, size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t sent = ::send(socket_, from + done, size - done, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      done += static_cast<std::size_t>(sent);
    } else if (sent < 0 && errno == EINTR) {
      continue;
    } else if (sent == 0 || (errno != EAGAIN && errno != EWOULDBLOCK) || !is_writable()) {
      return -1;
    }
  }
  return static_cast<ssize_t>(done);
}

void Connection::get_remote_ip_and_port(std::string& ip, int& port) const {
  Describe(socket_, ::getpeername, ip, port);
}

void Connection::get_local_ip_and_port(std::string& ip, int& port) const {
  Describe(socket_, ::getsockname, ip, port);
}

}  // namespace loadline::collector
