// One TCP connection as httplib's server wants it, with bounds: a request may take so many bytes and so long,
// whatever it is made of, and everything ends at once when the server stops.
#pragma once

#include <httplib.h>
#include <poll.h>

#include <array>
#include <chrono>

#include "collector/web/limits.h"

namespace loadline::collector {

class Connection final : public httplib::Stream {
 public:
  // Borrows both descriptors. `stop_fd` becomes readable when the server stops.
  Connection(int socket, int stop_fd, const ConnectionLimits& limits)
      : socket_(socket), stop_fd_(stop_fd), limits_(limits) {}

  // Waits for the first byte of the next request and gives it a fresh budget. False: idle too long, closed,
  // or stopping.
  bool AwaitRequest();

  // The request under way may be as large as a wanted body makes it.
  void AllowBody() { budget_ += limits_.body_bytes; }

  // The request was larger than it may be: what follows on this connection cannot be understood.
  [[nodiscard]] bool exceeded() const { return budget_ == 0; }

  [[nodiscard]] bool is_readable() const override {
    return taken_ < filled_ || Wait(POLLIN, limits_.request_time);
  }
  [[nodiscard]] bool is_writable() const override { return Wait(POLLOUT, limits_.write_stall); }
  ssize_t read(char* to, size_t size) override;
  ssize_t write(const char* from, size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  [[nodiscard]] socket_t socket() const override { return socket_; }

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  [[nodiscard]] bool Wait(short events, std::chrono::milliseconds timeout) const;
  bool Fill(std::chrono::milliseconds timeout);

  int socket_;
  int stop_fd_;
  const ConnectionLimits& limits_;
  std::array<char, 4096> buffer_;
  std::size_t taken_ = 0;
  std::size_t filled_ = 0;
  std::size_t budget_ = 0;
  SteadyTime deadline_{};
};

}  // namespace loadline::collector
