// The way to one place over HTTP, with all that it asks for: who we are, headers, proxies, certificates,
// redirects. What Alertmanager calls http_config.
//
//   HttpWay way({.basic = BasicAuth{.username = "me", .password_file = "/run/secrets/pw"}}, clock);
//   Result<HttpResponse> answer = way.Do({.method = "POST", .url = url, .body = body});
//
// Secrets in files are those of this moment. An authorization that the request brings itself goes before what
// the options say. Redirects are followed ten times at most, as Go's client and browsers do: 307 and 308 with
// method and body; after 301, 302 and 303 it is a GET without them, and as nobody has heard the body then, a 301
// or 302 is itself the answer when that GET succeeds. To another host neither credentials nor secret headers are sent, and
// from https to http none is followed: it is the answer then. Errors are those of HttpClient, and kDenied or
// kUnavailable with the host when there is no token of OAuth 2.
//
// Thread-safe: as many requests are under way as threads make, each over a connection that is kept; who we are is
// asked for once for all of them.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "collector/http/http_client.h"
#include "collector/http/oauth2_tokens.h"
#include "collector/http/secret_source.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"
#include "schemas/base/secret.h"

namespace loadline::collector {

struct BasicAuth {
  SecretSource username{};
  SecretSource password{};
};

struct Authorization {
  std::string type = "Bearer";
  SecretSource credentials{};
};

// A header with each of these values, in this order.
struct HttpHeader {
  std::string name;
  std::vector<std::string> values{};
  std::vector<SecretSource> secrets{};
};

struct HttpWayOptions {
  HttpClientOptions client{};
  // One of these three at most.
  std::optional<BasicAuth> basic{};
  std::optional<Authorization> authorization{};
  std::optional<OAuth2Options> oauth2{};
  std::vector<HttpHeader> headers{};
  bool follow_redirects = true;
};

class HttpWay {
 public:
  // `clock` outlives it.
  HttpWay(HttpWayOptions options, const Clock& clock);

  Result<HttpResponse> Do(HttpRequest request);

 private:
  struct Header {
    std::string name;
    std::vector<std::string> values;
    std::vector<std::unique_ptr<LiveSecret>> secrets;
  };

  Result<Secret> WhoWeAre(const std::stop_token& stop);
  void Drop(const Secret& token);
  Result<HttpResponse> Follow(HttpClient& client, HttpRequest request);
  Result<void> AddHeaders(HttpRequest& request, bool with_secrets);
  std::unique_ptr<HttpClient> TakeClient();

  const HttpClientOptions client_options_;
  const bool follow_redirects_;
  std::string type_;  // of the credentials below
  std::optional<LiveSecret> username_;
  std::optional<LiveSecret> credentials_;
  std::vector<Header> headers_;
  std::mutex tokens_mutex_;
  std::optional<OAuth2Tokens> tokens_;
  std::mutex idle_mutex_;
  std::vector<std::unique_ptr<HttpClient>> idle_;  // those that nobody uses now
};

}  // namespace loadline::collector
