// A connection to a server of this machine or its platform: whatever that does, there is an end to waiting for it.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "schemas/base/clock.h"
#include "schemas/base/fd.h"
#include "schemas/base/result.h"

namespace loadline::agent {

// Until when somebody waits.
struct Patience {
  Mono deadline{};
  std::stop_token stop{};

  static Patience Of(Duration length, std::stop_token stop) {
    return {.deadline = SystemClock().Now() + length, .stop = std::move(stop)};
  }
};

// A numeric address and a port.
struct HostPort {
  std::string host;  // "127.0.0.1", "::1"
  std::uint16_t port = 0;
};
// "127.0.0.1:10248", "[::1]:10248", "localhost:10248".
std::optional<HostPort> ParseHostPort(std::string_view text);
// "127.0.0.1:10248", "[::1]:10248".
std::string TextOf(const HostPort& at);

class PatientSocket {
 public:
  // Errors are for people: "refuses connections", "did not accept a connection within 2 s".
  static Result<PatientSocket> Unix(const std::string& path, const Patience& patience);
  static Result<PatientSocket> Tcp(const HostPort& to, const Patience& patience);
  static Result<PatientSocket> Udp(const HostPort& to);

  Result<void> Send(std::string_view bytes, const Patience& patience);
  // What is there first, at most 4 KiB; empty: the other side has closed.
  Result<std::string> Receive(const Patience& patience);

 private:
  explicit PatientSocket(Fd fd) : fd_(std::move(fd)) {}
  // On its way.
  static Result<PatientSocket> To(const HostPort& to, int type);

  Fd fd_;
};

}  // namespace loadline::agent
