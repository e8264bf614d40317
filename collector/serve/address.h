// Where a server listens, and from where a client comes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "schemas/base/fd.h"
#include "schemas/base/result.h"

namespace loadline::collector {

// 127.0.0.0/8 and ::1, also as ::ffff:127.0.0.1.
bool IsLoopback(std::string_view address);
// An IPv4 or IPv6 address in numbers.
bool IsNumericAddress(std::string_view text);

// The numeric address of the other side of a connection; "" when it is gone.
std::string PeerOf(int socket);

// A socket that listens on a numeric address, non-blocking. Port 0: any free one. kExhausted when the port is
// taken, kDenied when it may not be used, kInvalid when the address is none.
Result<Fd> ListenOn(const std::string& address, std::uint16_t port);
std::uint16_t PortOf(int socket);

}  // namespace loadline::collector
