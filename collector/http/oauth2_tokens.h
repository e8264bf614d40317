// Tokens by OAuth 2's client credentials (RFC 6749, 4.4) or by an assertion that is signed with the client's key
// (RFC 7523, 2.1), for whoever asks for such a token in each request.
//
// A token is asked for when the first request needs it, kept until ten seconds before it expires, and asked
// for anew after Drop, which is for one that the other side does not take any more. Client and secret are
// shown in the Authorization header; a server that refuses that is shown them in the body, from then on alone.
// One thread at a time.
#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "collector/http/http_client.h"
#include "collector/http/jwt_assertion.h"
#include "collector/http/secret_source.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"
#include "schemas/base/secret.h"

namespace loadline::collector {

struct OAuth2Options {
  std::string client_id;
  SecretSource client_secret{};  // none: the server asks for none
  Secret token_url;
  std::vector<std::string> scopes{};
  std::map<std::string, Secret> parameters{};  // of the request's body, beside those of the protocol
  std::optional<JwtOptions> jwt{};             // in the place of the secret, which is none then
  HttpClientOptions client{};                  // how the server of tokens is reached
  Duration timeout = std::chrono::seconds(10);
};

class OAuth2Tokens {
 public:
  // `clock` outlives it.
  OAuth2Tokens(OAuth2Options options, const Clock& clock);

  // What the Authorization header is to say: "Bearer abc". Errors name the host that gave none and what it
  // calls the reason ("invalid_client"), and nothing else of what was said.
  Result<Secret> Get(const std::stop_token& stop);
  // What Get gave is not taken any more: the next Get asks for another.
  void Drop(const Secret& authorization) {
    if (authorization_ == authorization) authorization_.reset();
  }

 private:
  Result<HttpResponse> AskByAssertion(const std::stop_token& stop);
  Result<HttpResponse> AskBySecret(const std::stop_token& stop);
  Result<HttpResponse> Ask(bool in_body, const Secret& secret, const std::stop_token& stop);
  Result<HttpResponse> Post(HttpRequest request, const std::stop_token& stop);
  Result<Secret> Read(const HttpResponse& answer);

  const OAuth2Options options_;
  const Clock& clock_;
  LiveSecret client_secret_;
  HttpClient http_;
  bool in_body_ = false;  // where client and secret are shown
  std::optional<Secret> authorization_;
  std::optional<Mono> ends_at_;  // nothing: nobody said
};

}  // namespace loadline::collector
