// Do names resolve? A real question to each resolver of resolv.conf, in their order, until one has served it.
#pragma once

#include <string>
#include <vector>

#include "agent/checks/check.h"

namespace loadline::agent {

inline constexpr const char* kDnsProblem = "DNSProblem";

struct DnsOptions {
  std::string resolv_conf = "/etc/resolv.conf";  // read anew at each look
  std::string name;                              // empty: NameToAsk
  std::uint16_t port = 53;
  // A question is asked twice, for so long each time: packets are lost.
  Duration patience = std::chrono::seconds(1);
};

class Dns final : public Check {
 public:
  explicit Dns(DnsOptions options) : options_(std::move(options)) {}
  std::vector<Judgement> Look(Mono now, const std::stop_token& stop) override;

 private:
  const DnsOptions options_;
};

}  // namespace loadline::agent
