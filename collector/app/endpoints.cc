#include "collector/app/endpoints.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

namespace loadline::collector {

Result<HostPort> ParseHostPort(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  HostPort parsed;
  if (colon != std::string::npos && colon > 0) {
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, parsed.port);
    parsed.host = text.substr(0, colon);
    if (parsed.host.starts_with('[') && parsed.host.ends_with(']'))
      parsed.host = parsed.host.substr(1, parsed.host.size() - 2);
    if (error == std::errc() && stop == end) return parsed;
  }
  return Failure(ErrorKind::kInvalid, fmt::format("'{}' is not an address such as 127.0.0.1:8080", text));
}

Result<void> WriteEndpoints(const std::string& path, const std::string& agents, const std::string& web,
                            std::uint16_t probes_port) {
  const std::string draft = path + ".new";
  std::ofstream file(draft, std::ios::trunc);
  nlohmann::json endpoints{{"agents", agents}, {"web", web}, {"pid", ::getpid()}};
  if (probes_port != 0) endpoints["probes_port"] = probes_port;
  file << endpoints.dump() << "\n";
  file.close();
  if (!file) return SystemFailure("writing " + draft, errno);
  if (std::rename(draft.c_str(), path.c_str()) != 0) return SystemFailure("writing " + path, errno);
  return {};
}

}  // namespace loadline::collector
