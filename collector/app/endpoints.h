// Addresses: as they are configured, and as they came to be.
#pragma once

#include <cstdint>
#include <string>

#include "schemas/base/result.h"

namespace loadline::collector {

struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};

// "127.0.0.1:8080", "[::1]:0"; fails on anything else.
Result<HostPort> ParseHostPort(const std::string& text);

// What scripts read to find a collector that took free ports. Written whole or not at all.
//   {"agents": "tcp://127.0.0.1:7400", "web": "http://127.0.0.1:8080/", "pid": 123}
Result<void> WriteEndpoints(const std::string& path, const std::string& agents, const std::string& web,
                            std::uint16_t probes_port);

}  // namespace loadline::collector
