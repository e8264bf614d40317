// Whether a request's Host header names this server.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace loadline::collector {

// 127.0.0.0/8 and ::1.
bool IsLoopback(std::string_view address);

// `host` as the header has it, with or without a port. On a loopback address: localhost, a loopback address,
// or one of `allowed`. Elsewhere: `address`, loopback or one of `allowed`; everything when `allowed` is
// empty.
bool HostIsOurs(std::string_view host, std::string_view address, const std::vector<std::string>& allowed);

}  // namespace loadline::collector
