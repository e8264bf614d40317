#include "agent/platform/plain_get.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "agent/platform/plain_answer.h"
#include "schemas/base/fd.h"

namespace loadline::agent {
namespace {

constexpr std::string_view kScheme = "http://";

std::unexpected<Error> Fails(std::string why) {
  return Failure(ErrorKind::kUnavailable, std::move(why));
}

std::unexpected<Error> FailsBy(int error) {
  return Fails(std::generic_category().message(error));
}

bool IsAddress(const std::string& text) {
  in_addr address{};
  return ::inet_pton(AF_INET, text.c_str(), &address) == 1;
}

// A connection, and until when it may be used.
class Exchange {
 public:
  Exchange(Mono ends, int stop_fd) : ends_(ends), stop_fd_(stop_fd) {}

  Result<void> Connect(const PlainServer& server) {
    socket_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket_.valid()) return FailsBy(errno);
    sockaddr_in to{.sin_family = AF_INET, .sin_port = htons(server.port), .sin_addr = {}, .sin_zero = {}};
    if (::inet_pton(AF_INET, server.address.c_str(), &to.sin_addr) != 1) return FailsBy(EINVAL);
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) return {};
    if (errno != EINPROGRESS) return FailsBy(errno);
    if (auto ready = Wait(POLLOUT); !ready) return ready;
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error != 0) return FailsBy(error);
    return {};
  }

  Result<void> Send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        text.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno != EAGAIN && errno != EINTR) {
        return FailsBy(errno);
      } else if (auto ready = Wait(POLLOUT); !ready) {
        return ready;
      }
    }
    return {};
  }

  // Puts more bytes behind `into`; false: there are no more.
  Result<bool> Receive(std::string& into) {
    std::array<char, 8192>
        buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): it is written before it is read
    for (;;) {
      if (auto ready = Wait(POLLIN); !ready) return Failure(ready.error());
      const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
      if (got >= 0) {
        into.append(buffer.data(), static_cast<std::size_t>(got));
        return got > 0;
      }
      if (errno != EAGAIN && errno != EINTR) return FailsBy(errno);
    }
  }

 private:
  Result<void> Wait(short events) {
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(ends_ - clock_.Now());
      if (left.count() <= 0) return Fails("no answer in time");
      std::array<pollfd, 2> watched = {{{.fd = socket_.get(), .events = events, .revents = 0},
                                        {.fd = stop_fd_, .events = POLLIN, .revents = 0}}};
      const int ready = ::poll(watched.data(), watched.size(), static_cast<int>(left.count()));
      if (ready < 0 && errno != EINTR) return FailsBy(errno);
      if (ready > 0 && watched[1].revents != 0) return Fails("stopped");
      if (ready > 0) return {};
    }
  }

  const SystemClock clock_;
  const Mono ends_;
  const int stop_fd_;
  Fd socket_;
};

std::string TextOf(const PlainServer& server, const PlainRequest& request) {
  return "GET " + request.path + " HTTP/1.1\r\nHost: " + server.address + "\r\n" + request.header +
         "\r\nUser-Agent: loadline-agent\r\nAccept: */*\r\nConnection: close\r\n\r\n";
}

}  // namespace

Result<PlainServer> ReadPlainUrl(std::string_view url) {
  const auto wrong = [url] {
    return Failure(ErrorKind::kInvalid,
                   "'" + std::string(url) + "' is not http:// and an address in numbers");
  };
  if (!url.starts_with(kScheme)) return wrong();
  std::string_view host = url.substr(kScheme.size());
  if (host.ends_with('/')) host.remove_suffix(1);
  PlainServer server;
  const std::size_t colon = host.find(':');
  server.address = host.substr(0, colon);
  if (!IsAddress(server.address)) return wrong();
  if (colon == std::string_view::npos) return server;
  const std::string_view port = host.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), server.port);
  if (error != std::errc() || end != port.data() + port.size() || server.port == 0) return wrong();
  return server;
}

Result<PlainAnswer> GetPlain(const PlainServer& server, const PlainRequest& request, int stop_fd) {
  Exchange exchange(SystemClock().Now() + request.within, stop_fd);
  if (auto connected = exchange.Connect(server); !connected) return Failure(connected.error());
  if (auto sent = exchange.Send(TextOf(server, request)); !sent) return Failure(sent.error());
  std::string bytes;
  for (;;) {
    const Result<bool> more = exchange.Receive(bytes);
    if (!more) return Failure(more.error());
    Result<std::optional<PlainAnswer>> answer = ReadPlainAnswer(bytes, !*more);
    if (!answer) return Failure(answer.error());
    if (*answer) return std::move(**answer);
    if (bytes.size() > request.most) return Fails("the answer is too long");
  }
}

}  // namespace loadline::agent
