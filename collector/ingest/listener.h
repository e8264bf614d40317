// A TCP socket that listens, from an address as ZeroMQ writes it.
#pragma once

#include <string>

#include "schemas/base/fd.h"
#include "schemas/base/result.h"

namespace loadline::collector {

struct Listener {
  Fd socket;             // does not block
  std::string endpoint;  // with the real port
};

// "tcp://HOST:PORT" with HOST an address, an [IPv6 address], localhost or *, and PORT a number; 0 or * takes
// a free one. Fails when it is not one, or cannot be bound: in use, not ours.
[[nodiscard]] Result<Listener> Listen(const std::string& endpoint);

// The two ends of an accepted connection's far side: as people write it, and by which it is counted. All of
// an IPv6 network of 64 bits is one sender, for whoever has one address of it has all.
struct PeerAddress {
  std::string text;
  std::string counted;
};
[[nodiscard]] PeerAddress AddressOfPeer(int socket);

}  // namespace loadline::collector
