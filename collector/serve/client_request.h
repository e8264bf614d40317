// A request of HTTP/1.1, read strictly: what two readers could understand differently is refused.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schemas/base/result.h"

namespace loadline::collector {

struct ClientRequest {
  std::string method;
  std::string path;                                              // decoded, begins with '/'
  std::vector<std::pair<std::string, std::string>> query;        // decoded, in order
  std::multimap<std::string, std::string, std::less<>> headers;  // names in small letters
  std::string body{};
  std::string peer{};       // the client's numeric address
  bool keep_alive = false;  // the client wants to go on with this connection
  bool old = false;         // HTTP/1.0: knows no chunks

  // The first of this name, in small letters; "" without one.
  [[nodiscard]] std::string_view Header(std::string_view name) const;
};

// How the body that follows a head is framed.
struct BodyFraming {
  bool chunked = false;
  std::size_t length = 0;  // unless chunked
  bool expects_continue = false;
  [[nodiscard]] bool any() const { return chunked || length > 0; }
};

struct HttpHead {
  ClientRequest request;
  BodyFraming body;
};

// Why a head cannot be answered, as HTTP has it.
struct HttpFault {
  int status;
  std::string message;
};

// `head` ends with the empty line.
std::expected<HttpHead, HttpFault> ParseHead(std::string_view head);

// Where the head ends that `bytes` begin with: one past its empty line. Nothing: there is more to come.
std::optional<std::size_t> EndOfHead(std::string_view bytes);

// "%20" and, in a query, '+' as the bytes they stand for. Nothing for what is not well-formed.
std::optional<std::string> PercentDecode(std::string_view text, bool plus_is_space);

}  // namespace loadline::collector
