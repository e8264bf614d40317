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
#include <utility>
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
  Secret authorization{};              // the whole of that header, in place of a token: "GenieKey 123"
  std::string body{};
  Duration connect_timeout = std::chrono::seconds(5);
  Duration timeout = std::chrono::seconds(10);  // of the whole exchange; zero: none, for streams
  // Fewer than a byte in this time ends the exchange; zero: never. For streams, which have no timeout.
  Duration silence_timeout{};
  Bytes max_answer = kMiB;
  bool past_proxies = false;  // straight to the host, whatever proxy the environment names
  std::stop_token stop{};     // ends the exchange within a second
  // The head of a 2xx answer has come, though perhaps nothing of its body.
  std::function<void()> on_accepted{};
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
// The same without the port: "hooks.slack.com", "[::1]".
std::string HostNameOf(std::string_view url);
// Where a Location leads that stands in the answer to a request of `url`; empty: to nothing of HTTP.
std::string RedirectedUrl(const std::string& url, const std::string& location);

enum class TlsVersion { kTls10, kTls11, kTls12, kTls13 };

// By which way to the host.
struct HttpProxy {
  enum class By {
    kEnvironment,  // as http_proxy, https_proxy, all_proxy and no_proxy say
    kNone,
    kUrl,
  };
  By by = By::kEnvironment;
  Secret url{};        // http, https, socks5 or socks5h; with name and password where it asks for them
  std::string past{};  // hosts that are gone to straight, with commas between them: "example.org,10.0.0.0/8"
  // What the proxy alone is told, where it is asked for a tunnel: name and value.
  std::vector<std::pair<std::string, Secret>> connect_headers{};
};

struct HttpClientOptions {
  std::string ca_file{};           // PEM; empty: the system's authorities
  std::string certificate_file{};  // PEM, with key_file: how we prove who we are
  std::string key_file{};
  // The same three as PEM text, for those who were given text; each goes before its file.
  std::string ca_pem{};
  std::string certificate_pem{};
  Secret key_pem{};
  std::string server_name{};     // whom the certificate must name; empty: the host of the URL
  bool any_certificate = false;  // whoever answers is believed
  TlsVersion oldest_tls = TlsVersion::kTls12;
  std::optional<TlsVersion> newest_tls{};
  bool http2 = true;  // where the server offers it
  HttpProxy proxy{};
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
  // The last exchange came so far that the other side may have heard the request, whatever came back.
  [[nodiscard]] bool reached() const { return reached_; }

 private:
  struct Handle;
  HttpClientOptions options_;
  std::unique_ptr<Handle> handle_;
  std::uint64_t connections_ = 0;
  bool reached_ = false;
};

// %-encoding of everything but letters, digits and -._~
std::string UrlEncode(std::string_view text);
// With + and / and the padding: what a Basic authorization holds.
std::string Base64(std::string_view bytes);

}  // namespace loadline::collector
