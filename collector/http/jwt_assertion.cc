#include "collector/http/jwt_assertion.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "collector/http/http_client.h"
#include "collector/http/signature.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

constexpr std::chrono::minutes kLife{10};

// RFC 4648, 5, without padding.
std::string Base64Url(std::string_view bytes) {
  std::string text = Base64(bytes);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  text.erase(std::min(text.find('='), text.size()));
  return text;
}

std::string Part(const json& part) {
  return Base64Url(part.dump(-1, ' ', false, json::error_handler_t::replace));
}

}  // namespace

Result<std::string> JwtAssertion(const JwtOptions& options, const Secret& key, const std::string& subject,
                                 const std::string& token_url, const std::string& scope,
                                 const std::string& id, Wall now) {
  json header = {{"alg", options.algorithm}, {"typ", "JWT"}};
  if (!options.key_id.empty()) header["kid"] = options.key_id;
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  json claims = {{"iss", options.issuer.empty() ? subject : options.issuer},
                 {"sub", subject},
                 {"jti", id},
                 {"aud", options.audience.empty() ? token_url : options.audience},
                 {"iat", second.time_since_epoch().count()},
                 {"exp", (second + kLife).time_since_epoch().count()}};
  if (!scope.empty()) claims["scope"] = scope;
  for (const auto& [name, value] : options.claims) {
    json claim = json::parse(value, nullptr, false);
    claims[name] = claim.is_discarded() ? json(value) : std::move(claim);
  }
  std::string text = Part(header) + "." + Part(claims);
  Result<std::string> signature = SignRsa(text, key, options.algorithm);
  if (!signature) return Failure(signature.error());
  return text + "." + Base64Url(*signature);
}

}  // namespace loadline::collector
