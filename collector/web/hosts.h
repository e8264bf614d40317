// Whether a request's Host header names this server.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace loadline::collector {

// `host` as the header has it, with or without a port: an address in numbers, localhost, or one of `allowed`.
// A web page that has a name of its own point here (DNS rebinding) makes a browser send that name, never a
// number; which addresses the server listens on makes no difference, for the browser may come by a forwarded
// port.
bool HostIsOurs(std::string_view host, const std::vector<std::string>& allowed);

}  // namespace loadline::collector
