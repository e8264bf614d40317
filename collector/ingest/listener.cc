#include "collector/ingest/listener.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <memory>

namespace loadline::collector {
namespace {

constexpr int kBacklog = 1024;
constexpr int kKernelBuffer = 256 << 10;
constexpr std::string_view kScheme = "tcp://";

struct HostAndPort {
  std::string host;
  std::string port;
};

Result<HostAndPort> Parse(const std::string& endpoint) {
  const std::size_t colon = endpoint.rfind(':');
  if (!endpoint.starts_with(kScheme) || colon == std::string::npos || colon < kScheme.size()) {
    return Failure(ErrorKind::kInvalid, "'" + endpoint + "' is not tcp://HOST:PORT");
  }
  HostAndPort parts{.host = endpoint.substr(kScheme.size(), colon - kScheme.size()),
                    .port = endpoint.substr(colon + 1)};
  if (parts.host.starts_with('[') && parts.host.ends_with(']')) {
    parts.host = parts.host.substr(1, parts.host.size() - 2);
  }
  if (parts.port == "*") parts.port = "0";
  std::uint16_t port = 0;
  const char* const end = parts.port.data() + parts.port.size();
  if (const auto read = std::from_chars(parts.port.data(), end, port);
      read.ec != std::errc{} || read.ptr != end) {
    return Failure(ErrorKind::kInvalid, "'" + parts.port + "' is not a port");
  }
  if (parts.host == "*") parts.host = "::";
  return parts;
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

Result<std::unique_ptr<addrinfo, FreeAddresses>> Resolve(const HostAndPort& parts) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV | (parts.host == "localhost" ? 0 : AI_NUMERICHOST);
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(parts.host.c_str(), parts.port.c_str(), &hints, &found); error != 0) {
    return Failure(ErrorKind::kInvalid, "'" + parts.host + ":" + parts.port +
                                            "' is not an address and a port: " + ::gai_strerror(error));
  }
  return std::unique_ptr<addrinfo, FreeAddresses>(found);
}

std::string Text(const sockaddr_storage& address, bool with_port) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&address), sizeof(address), host.data(), host.size(),
                    port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "unknown";
  }
  // An IPv4 address of a socket that hears both, as people write it.
  static constexpr std::string_view kMapped = "::ffff:";
  std::string text = host.data();
  if (text.starts_with(kMapped)) text.erase(0, kMapped.size());
  if (!with_port) return text;
  if (text.find(':') != std::string::npos) text = "[" + text + "]";
  return std::string(kScheme) + text + ":" + port.data();
}

}  // namespace

Result<Listener> Listen(const std::string& endpoint) {
  const auto parts = Parse(endpoint);
  if (!parts) return Failure(parts.error());
  const auto addresses = Resolve(*parts);
  if (!addresses) return Failure(addresses.error());
  const addrinfo& address = **addresses;
  Fd socket(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return SystemFailure("making a socket", errno);
  const int yes = 1, no = 0;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  // What the kernel keeps of a connection that is not read is ours to pay for, too. Inherited by all of them.
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &kKernelBuffer, sizeof(kKernelBuffer));
  // "[::]" hears IPv4, too.
  if (address.ai_family == AF_INET6) ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
  if (::bind(socket.get(), address.ai_addr, address.ai_addrlen) != 0 ||
      ::listen(socket.get(), kBacklog) != 0) {
    return SystemFailure("binding to " + endpoint, errno);
  }
  sockaddr_storage bound{};
  socklen_t size = sizeof(bound);
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
    return SystemFailure("binding to " + endpoint, errno);
  }
  return Listener{.socket = std::move(socket), .endpoint = Text(bound, /*with_port=*/true)};
}

PeerAddress AddressOfPeer(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {"unknown", "unknown"};
  PeerAddress peer{.text = Text(address, /*with_port=*/false), .counted = {}};
  peer.counted = peer.text;
  auto& six = reinterpret_cast<sockaddr_in6&>(address);
  if (address.ss_family != AF_INET6 || IN6_IS_ADDR_V4MAPPED(&six.sin6_addr) ||
      IN6_IS_ADDR_LOOPBACK(&six.sin6_addr)) {
    return peer;
  }
  std::memset(&six.sin6_addr.s6_addr[8], 0, 8);
  peer.counted = Text(address, /*with_port=*/false) + "/64";
  return peer;
}

}  // namespace loadline::collector
