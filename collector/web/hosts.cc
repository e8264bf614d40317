#include "collector/web/hosts.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>

namespace loadline::collector {
namespace {

// "localhost" of "LOCALHOST:7780", "::1" of "[::1]:7780".
std::string WithoutPort(std::string_view host) {
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    host = end == std::string_view::npos ? "" : host.substr(1, end - 1);
  } else {
    host = host.substr(0, host.find(':'));
  }
  std::string name(host);
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name;
}

}  // namespace

bool IsLoopback(std::string_view address) {
  const std::string text(address);
  in_addr v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, text.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

bool HostIsOurs(std::string_view host, std::string_view address, const std::vector<std::string>& allowed) {
  if (!IsLoopback(address) && allowed.empty()) return true;
  const std::string name = WithoutPort(host);
  if (name == "localhost" || IsLoopback(name) || name == address) return true;
  return std::ranges::any_of(allowed, [&](const std::string& one) { return name == WithoutPort(one); });
}

}  // namespace loadline::collector
