// A connection by TCP that is tried without waiting for it, by whoever looks at several at once.
#pragma once

#include <cstdint>
#include <string>

#include "schemas/base/fd.h"

namespace loadline {

// On its way, or none and why (errno).
struct TcpAttempt {
  Fd socket;
  int error = 0;
};

// `address` is of IPv4 or IPv6, in numbers: no name is looked up, and what is none is EINVAL. `type`: SOCK_STREAM, or SOCK_DGRAM,
// whose sockets stand at once.
TcpAttempt BeginConnection(const std::string& address, std::uint16_t port, int type);
// By TCP, and what is said on it need not arrive once it is closed.
TcpAttempt BeginTcp(const std::string& address, std::uint16_t port);

// Whether one of the poll events is there now.
bool IsReady(int fd, short events);

// Of an attempt that has ended: 0 when the connection stands.
int ErrorOfTcp(int socket);

// Whether an error says nothing of who was tried: there is no socket, or no route to anybody.
bool IsOwnTrouble(int error);

}  // namespace loadline
