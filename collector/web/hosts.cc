#include "collector/web/hosts.h"

#include <algorithm>

#include "collector/serve/address.h"
#include "schemas/base/text.h"

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
  // A name may end with the dot of the root.
  if (host.ends_with('.')) host.remove_suffix(1);
  return InLowerCase(host);
}

}  // namespace

bool HostIsOurs(std::string_view host, const std::vector<std::string>& allowed) {
  const std::string name = WithoutPort(host);
  if (name == "localhost" || IsNumericAddress(name)) return true;
  return !name.empty() &&
         std::ranges::any_of(allowed, [&](const std::string& one) { return name == WithoutPort(one); });
}

}  // namespace loadline::collector
