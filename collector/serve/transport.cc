#include "collector/serve/transport.h"

#include <sys/socket.h>

#include <cerrno>

namespace loadline::collector {
namespace {

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(Fd socket) : socket_(std::move(socket)) {}

  [[nodiscard]] int fd() const override { return socket_.get(); }
  long Read(std::span<char> into) override {
    const ssize_t got = ::recv(socket_.get(), into.data(), into.size(), MSG_DONTWAIT);
    if (got > 0) return got;
    return got < 0 && IsLater(errno) ? kLater : kGone;
  }
  long Write(std::string_view bytes) override {
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) return sent;
    return IsLater(errno) ? kLater : kGone;
  }
  void Finish() override { ::shutdown(socket_.get(), SHUT_WR); }

 private:
  static bool IsLater(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }
  Fd socket_;
};

}  // namespace

std::unique_ptr<Transport> MakePlainTransport(Fd socket) {
  return std::make_unique<PlainTransport>(std::move(socket));
}

}  // namespace loadline::collector
