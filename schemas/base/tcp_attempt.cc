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
Addresses AddressesOf(const std::string& address, std::uint16_t port, int type) {
  const addrinfo hints{.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = type};
  addrinfo* list = nullptr;
  if (::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &list) != 0) return {};
  return Addresses(list);
}

}  // namespace

TcpAttempt BeginConnection(const std::string& address, std::uint16_t port, int type) {
  const Addresses to = AddressesOf(address, port, type);
  if (!to) return {.socket = {}, .error = EINVAL};
  Fd socket(::socket(to->ai_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return {.socket = {}, .error = errno};
  if (::connect(socket.get(), to->ai_addr, to->ai_addrlen) != 0 && errno != EINPROGRESS)
    return {.socket = {}, .error = errno};
  return {.socket = std::move(socket)};
}

TcpAttempt BeginTcp(const std::string& address, std::uint16_t port) {
  TcpAttempt begun = BeginConnection(address, port, SOCK_STREAM);
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  if (begun.socket.valid())
    (void)::setsockopt(begun.socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  return begun;
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
