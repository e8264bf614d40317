#include "collector/serve/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace loadline::collector {
namespace {

struct SocketAddress {
  sockaddr_storage bytes{};
  socklen_t size = 0;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&bytes); }
};

Result<SocketAddress> Parse(const std::string& address, std::uint16_t port) {
  SocketAddress parsed;
  auto& v4 = reinterpret_cast<sockaddr_in&>(parsed.bytes);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(parsed.bytes);
  if (inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    parsed.size = sizeof v4;
  } else if (inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    parsed.size = sizeof v6;
  } else {
    return Failure(ErrorKind::kInvalid, fmt::format("'{}' is not a numeric IP address", address));
  }
  return parsed;
}

}  // namespace

bool IsLoopback(std::string_view address) {
  const std::string text(address);
  in_addr v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  if (inet_pton(AF_INET6, text.c_str(), &v6) != 1) return false;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

bool IsNumericAddress(std::string_view text) {
  return Parse(std::string(text), 0).has_value();
}

std::string PeerOf(int socket) {
  SocketAddress peer;
  peer.size = sizeof peer.bytes;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&peer.bytes), &peer.size) != 0) return "";
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* address = peer.bytes.ss_family == AF_INET
                            ? static_cast<const void*>(&reinterpret_cast<sockaddr_in&>(peer.bytes).sin_addr)
                            : &reinterpret_cast<sockaddr_in6&>(peer.bytes).sin6_addr;
  inet_ntop(peer.bytes.ss_family, address, text.data(), text.size());
  return text.data();
}

Result<Fd> ListenOn(const std::string& address, std::uint16_t port) {
  const Result<SocketAddress> parsed = Parse(address, port);
  if (!parsed) return Failure(parsed.error());
  const std::string doing = fmt::format("listening for the web on {} port {}", address, port);
  Fd socket(::socket(parsed->bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return SystemFailure(doing, errno);
  const int yes = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(socket.get(), parsed->get(), parsed->size) != 0) return SystemFailure(doing, errno);
  if (::listen(socket.get(), SOMAXCONN) != 0) return SystemFailure(doing, errno);
  return socket;
}

std::uint16_t PortOf(int socket) {
  SocketAddress own;
  own.size = sizeof own.bytes;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&own.bytes), &own.size) != 0) return 0;
  return own.bytes.ss_family == AF_INET ? ntohs(reinterpret_cast<sockaddr_in&>(own.bytes).sin_port)
                                        : ntohs(reinterpret_cast<sockaddr_in6&>(own.bytes).sin6_port);
}

}  // namespace loadline::collector
