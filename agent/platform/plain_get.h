// One GET by HTTP/1.1 to an address in numbers, without TLS, names, redirects and proxies: all that the metadata services of
// clouds need, in some kilobytes of memory where a library of HTTP would take megabytes on every node.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::agent {

struct PlainServer {
  std::string address;  // of IPv4, in numbers
  std::uint16_t port = 80;
};
// "http://169.254.169.254", "http://127.0.0.1:8080"; a path is none of it.
Result<PlainServer> ReadPlainUrl(std::string_view url);

struct PlainRequest {
  std::string path;              // with query
  std::string header;            // one more, "Metadata: true"
  Duration within{};             // for all of it
  std::size_t most = 256 << 10;  // bytes of an answer, its head included
};
struct PlainAnswer {
  int status = 0;
  std::string body;
};

// Any status is a value. Fails (kUnavailable) with the network, with what is no HTTP, is longer than `most` or ends before it
// is whole, when the time is over, and as soon as `stop_fd` is readable.
Result<PlainAnswer> GetPlain(const PlainServer& server, const PlainRequest& request, int stop_fd);

}  // namespace loadline::agent
