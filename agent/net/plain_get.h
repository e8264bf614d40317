// One GET by HTTP/1.1 to an address in numbers, without TLS, names, redirects and proxies: all that the kubelet's health and the
// metadata services of clouds need, in some kilobytes of memory where a library of HTTP would take megabytes on every node.
#pragma once

#include <string>
#include <string_view>

#include "agent/net/patient_socket.h"
#include "schemas/base/result.h"

namespace loadline::agent {

// "http://169.254.169.254", "http://127.0.0.1:8080"; a path is none of it.
Result<HostPort> ReadPlainUrl(std::string_view url);

struct PlainRequest {
  std::string path{};            // with query
  std::string header{};          // one more, "Metadata: true"; empty: none
  std::size_t most = 256 << 10;  // bytes of an answer, its head included
};
struct PlainAnswer {
  int status = 0;
  std::string body;
};

// Any status is a value. Fails (kUnavailable) with the network, with what is no HTTP, is longer than `most` or ends before it
// is whole, and when patience is over. Errors are for people: "refuses connections", "does not answer in time".
Result<PlainAnswer> GetPlain(const HostPort& server, const PlainRequest& request, const Patience& patience);

}  // namespace loadline::agent
