// A client of bytes: sends what it is told and says what came back. For tests of a server on loopback.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "schemas/base/fd.h"

namespace loadline::test {

class HttpSocket {
 public:
  // `receive_buffer`: how much the kernel takes on behalf of one that does not read; 0: as it likes.
  explicit HttpSocket(std::uint16_t port, int receive_buffer = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0)
      ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    connected_ = ::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] int fd() const { return socket_.get(); }

  // False when the server has closed.
  bool Send(std::string_view text) const {
    return ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  // Everything until `end` was seen or the server closes.
  std::string Read(std::string_view end = "") const {
    std::string all;
    while (end.empty() || all.find(end) == std::string::npos) {
      pollfd wait{socket_.get(), POLLIN, 0};
      if (::poll(&wait, 1, kPatienceMs) <= 0) return all + "<nothing came>";
      char buffer[4096];
      const ssize_t got = ::recv(socket_.get(), buffer, sizeof buffer, 0);
      if (got <= 0) return all;
      all.append(buffer, static_cast<std::size_t>(got));
    }
    return all;
  }
  // Whether the server has closed, within the patience of a test.
  [[nodiscard]] bool Closed() const { return Read().find("<nothing came>") == std::string::npos; }
  // Whether it is open at this moment; what has come is thrown away.
  [[nodiscard]] bool Open() const {
    char buffer[4096];
    for (;;) {
      const ssize_t got = ::recv(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
      if (got > 0) continue;
      return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    }
  }

 private:
  static constexpr int kPatienceMs = 20'000;
  Fd socket_;
  bool connected_ = false;
};

}  // namespace loadline::test
