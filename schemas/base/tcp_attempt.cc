#include "schemas/base/tcp_attempt.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <utility>

namespace loadline {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

// An address that is not one has no list.
Addresses AddressesOf(const std::string& address, std::uint16_t port) {
  const addrinfo hints{.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
  addrinfo* list = nullptr;
  if (::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &list) != 0) return {};
  return Addresses(list);
}

}  // namespace

TcpAttempt BeginTcp(const std::string& address, std::uint16_t port) {
  const Addresses to = AddressesOf(address, port);
  if (!to) return {.socket = {}, .error = EINVAL};
  Fd socket(::socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return {.socket = {}, .error = errno};
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  (void)::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  if (::connect(socket.get(), to->ai_addr, to->ai_addrlen) != 0 && errno != EINPROGRESS)
    return {.socket = {}, .error = errno};
  return {.socket = std::move(socket)};
}

bool IsReady(int fd, short events) {
  pollfd one{.fd = fd, .events = events, .revents = 0};
  return ::poll(&one, 1, 0) > 0;
}

int ErrorOfTcp(int socket) {
  int error = 0;
  socklen_t size = sizeof(error);
  return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

bool IsOwnTrouble(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM || error == ENETUNREACH ||
         error == EADDRNOTAVAIL || error == EINVAL || error == EACCES || error == EPERM;
}

}  // namespace loadline
