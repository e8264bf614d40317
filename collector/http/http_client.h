// The one way out over HTTP: what sinks, Kubernetes and Azure speak through.
//
//   HttpClient client;
//   Result<HttpResponse> answer = client.Do({.method = "POST", .url = url, .headers = {...}, .body = body});
//
// An answer of any status is a value; an Error means that there was none: kUnavailable (no connection,
// timeout, broken off), kDenied (the server's certificate is not to be trusted), kExhausted (the answer is
// larger than allowed), kInvalid (no such URL). Errors name the host and nothing of path, query, headers or
// body, for these hold secrets. Redirects are not followed: they are answers too.
//
// Connections are kept and used again. Every request is bounded in time and its answer in size. One client
// belongs to one thread at a time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/base/clock.h"
#include "schemas/base/result.h"
#include "schemas/base/secret.h"
#include "schemas/base/units.h"

namespace loadline::collector {

struct HttpRequest {
  std::string method = "GET";
  std::string url;                     // http:// or https://
  std::vector<std::string> headers{};  // "Name: value"
  Secret bearer{};                     // the token of an Authorization header; empty: none
  std::string body{};
  Duration connect_timeout = std::chrono::seconds(5);
  Duration timeout = std::chrono::seconds(10);  // of the whole exchange; zero: none, for streams
  // Fewer than a byte in this time ends the exchange; zero: never. For streams, which have no timeout.
  Duration silence_timeout{};
  Bytes max_answer = kMiB;
  bool past_proxies = false;  // straight to the host, whatever proxy the environment names
  std::stop_token stop{};     // ends the exchange within a second
  // Takes the body of a 2xx answer piece by piece as it comes, in place of HttpResponse::body; false ends the
  // exchange (with an answer, not an error). `max_answer` does not bind it.
  std::function<bool(std::string_view)> on_body{};
};

struct HttpResponse {
  int status = 0;
  std::multimap<std::string, std::string> headers;  // names in lower case
  std::string body;

  [[nodiscard]] bool ok() const { return status >= 200 && status < 300; }
  // The first of this (lower-case) name.
  [[nodiscard]] std::optional<std::string> Header(const std::string& name) const;
};

// Of a status other than 2xx: the server may do later what it does not do now.
[[nodiscard]] constexpr bool MayDoLater(int status) {
  return status == 408 || status == 429 || status >= 500;
}

// How long the server asks us to wait: Retry-After in seconds or as a date, a year at most. Nothing when it
// does not say.
std::optional<Duration> RetryAfter(const HttpResponse& response, Wall now);

// "hooks.slack.com:443" of a URL: all that may be said of it.
std::string HostOf(std::string_view url);

struct HttpClientOptions {
  std::string ca_file{};           // PEM; empty: the system's authorities
  std::string certificate_file{};  // PEM, with key_file: how we prove who we are
  std::string key_file{};
  // The same three as PEM text, for those who were given text; each goes before its file.
  std::string ca_pem{};
  std::string certificate_pem{};
  std::string key_pem{};
};

class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options = {});
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;

  Result<HttpResponse> Do(const HttpRequest& request);
  // Connections opened so far: kept ones are not counted again.
  [[nodiscard]] std::uint64_t connections() const { return connections_; }

 private:
  struct Handle;
  HttpClientOptions options_;
  std::unique_ptr<Handle> handle_;
  std::uint64_t connections_ = 0;
};

// %-encoding of everything but letters, digits and -._~
std::string UrlEncode(std::string_view text);

}  // namespace loadline::collector
