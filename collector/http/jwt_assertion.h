// What somebody claims of himself, signed with his own key (RFC 7523): what a server of tokens takes in the place of a
// secret that it would have to know.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "collector/http/secret_source.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::collector {

struct JwtOptions {
  SecretSource key{};               // PEM
  std::string key_id{};             // of the header; empty: none
  std::string algorithm = "RS256";  // RS384, RS512
  std::string issuer{};             // empty: the subject
  std::string audience{};           // empty: the server's URL
  // Further claims, each as JSON; they go before our own.
  std::map<std::string, std::string> claims{};
};

// Of `subject`, for ten minutes, `scope` where it is not empty. `id` is another one each time. `key` is what the
// options' key is now.
Result<std::string> JwtAssertion(const JwtOptions& options, const Secret& key, const std::string& subject,
                                 const std::string& token_url, const std::string& scope,
                                 const std::string& id, Wall now);

}  // namespace loadline::collector
