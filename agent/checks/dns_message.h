// The two messages of DNS that a check needs (RFC 1035, 4): a question, and whether an answer is the one to it. And what
// resolv.conf says of whom to ask.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loadline::agent {

struct ResolverConfig {
  std::vector<std::string> servers;  // addresses, at most three, as resolvers read it
  std::vector<std::string> search;
};
ResolverConfig ParseResolvConf(std::string_view text);

// The name to ask for where nobody has said one: in a pod that of the API server's service, which a cluster's own DNS
// knows; else the root of all names (".").
std::string NameToAsk(const ResolverConfig& config);

// A question for the address (A) of a name; for its servers (NS) of the root. Empty: the name cannot be asked for.
std::string DnsQuestion(std::uint16_t id, std::string_view name);

enum class DnsAnswer : std::uint8_t {
  kNone,    // not the answer to this question
  kServed,  // the name has an address, or does not: the server has found out
  kFailed,  // the server could not find out, or refuses
};
struct DnsReply {
  DnsAnswer answer = DnsAnswer::kNone;
  int code = 0;  // RCODE
};
// Whatever bytes come.
DnsReply ReadDnsReply(std::string_view question, std::string_view reply);
const char* DnsCodeName(int code);  // "SERVFAIL"

}  // namespace loadline::agent
