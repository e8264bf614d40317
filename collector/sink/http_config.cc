#include "collector/sink/http_config.h"

#include <fmt/core.h>

#include <charconv>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace loadline::collector {
namespace {

constexpr std::string_view kJwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";

// What stands below one key, by the rest of its name: "tls_config.ca_file".
class Values {
 public:
  Values(const std::map<std::string, std::string>& all, const std::string& prefix) {
    for (auto it = all.lower_bound(prefix); it != all.end() && it->first.starts_with(prefix); ++it)
      values_.emplace(it->first.substr(prefix.size()), it->second);
  }
  [[nodiscard]] Values Below(const std::string& key) const { return {values_, key + "."}; }
  [[nodiscard]] bool empty() const { return values_.empty(); }
  [[nodiscard]] std::string Text(const std::string& key, const std::string& otherwise = "") const {
    const auto found = values_.find(key);
    return found == values_.end() || found->second.empty() ? otherwise : found->second;
  }
  [[nodiscard]] bool Flag(const std::string& key, bool otherwise) const {
    return YamlFlag(Text(key)).value_or(otherwise);
  }
  [[nodiscard]] SecretSource Source(const std::string& key) const {
    return {.text = Text(key), .file = Text(key + "_file")};
  }
  // A list: by its numbers, of which 10 comes after 9.
  [[nodiscard]] std::vector<std::string> List(const std::string& key) const {
    std::map<std::size_t, std::string> by_number;
    const Values below = Below(key);
    for (const auto& [key_below, value] : below.values_) {
      std::size_t number = 0;
      const char* end = key_below.data() + key_below.size();
      if (std::from_chars(key_below.data(), end, number).ptr == end) by_number[number] = value;
    }
    std::vector<std::string> list;
    for (auto& [number, value] : by_number) list.push_back(std::move(value));
    return list;
  }
  [[nodiscard]] const std::map<std::string, std::string>& all() const { return values_; }

 private:
  std::map<std::string, std::string> values_;
};

std::optional<TlsVersion> VersionNamed(const std::string& name) {
  static const std::map<std::string, TlsVersion> kVersions = {{"TLS10", TlsVersion::kTls10},
                                                              {"TLS11", TlsVersion::kTls11},
                                                              {"TLS12", TlsVersion::kTls12},
                                                              {"TLS13", TlsVersion::kTls13}};
  const auto found = kVersions.find(name);
  return found == kVersions.end() ? std::nullopt : std::optional(found->second);
}

// The names of a mapping to mappings or lists: "X-Key" of "X-Key.values.0". Names may have dots themselves.
std::vector<std::string> NamesIn(const Values& mapping) {
  std::vector<std::string> names;
  for (const auto& [key, value] : mapping.all()) {
    std::size_t end = key.rfind('.');
    for (const std::string_view list : {".values.", ".secrets.", ".files."})
      if (const std::size_t at = key.rfind(list); at != std::string::npos) end = at;
    std::string name = key.substr(0, end);
    if (names.empty() || names.back() != name) names.push_back(std::move(name));
  }
  return names;
}

HttpProxy ProxyOf(const Values& values) {
  HttpProxy proxy{.url = values.Text("proxy_url"), .past = values.Text("no_proxy")};
  if (!proxy.url.empty()) proxy.by = HttpProxy::By::kUrl;
  // Who says no is not surprised by the environment; who says nothing has what the environment has.
  else if (!values.Flag("proxy_from_environment", true))
    proxy.by = HttpProxy::By::kNone;
  const Values headers = values.Below("proxy_connect_header");
  for (const std::string& name : NamesIn(headers)) {
    for (const std::string& value : headers.List(name)) proxy.connect_headers.emplace_back(name, value);
  }
  return proxy;
}

Result<HttpClientOptions> ClientOf(const Values& values) {
  const Values tls = values.Below("tls_config");
  for (const char* key : {"ca", "cert", "key"}) {
    if (const std::string pem = tls.Text(key); !pem.empty() && pem.find("-----BEGIN ") == std::string::npos)
      return Failure(ErrorKind::kInvalid, fmt::format("tls_config: {}: expected PEM", key));
  }
  HttpClientOptions client{.ca_file = tls.Text("ca_file"),
                           .certificate_file = tls.Text("cert_file"),
                           .key_file = tls.Text("key_file"),
                           .ca_pem = tls.Text("ca"),
                           .certificate_pem = tls.Text("cert"),
                           .key_pem = tls.Text("key"),
                           .server_name = tls.Text("server_name"),
                           .any_certificate = tls.Flag("insecure_skip_verify", false),
                           .newest_tls = VersionNamed(tls.Text("max_version")),
                           .http2 = values.Flag("enable_http2", true),
                           .proxy = ProxyOf(values)};
  client.oldest_tls = VersionNamed(tls.Text("min_version")).value_or(client.oldest_tls);
  return client;
}

// Of values that are words by now, what looks like a number or a flag is one.
bool IsJsonOfItsOwn(const std::string& text) {
  if (text == "true" || text == "false") return true;
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  return !text.empty() && std::from_chars(text.data(), end, number).ptr == end;
}

std::string AsJson(const std::string& text) {
  return IsJsonOfItsOwn(text)
             ? text
             : nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// As JSON, by name. Of "roles.0" and "roles.1" a list.
std::map<std::string, std::string> ClaimsOf(const Values& values) {
  std::map<std::string, std::string> claims;
  for (const auto& [key, value] : values.all()) {
    const std::size_t dot = key.rfind('.');
    const std::string list = dot == std::string::npos ? "" : key.substr(0, dot);
    if (list.empty() || values.List(list).empty()) {
      claims[key] = AsJson(value);
    } else if (!claims.contains(list)) {
      std::string members;
      for (const std::string& member : values.List(list))
        members += (members.empty() ? "" : ",") + AsJson(member);
      claims[list] = "[" + members + "]";
    }
  }
  return claims;
}

JwtOptions JwtOf(const Values& values) {
  return {.key = values.Source("client_certificate_key"),
          .key_id = values.Text("client_certificate_key_id"),
          .algorithm = values.Text("signature_algorithm", "RS256"),
          .issuer = values.Text("iss"),
          .audience = values.Text("audience"),
          .claims = ClaimsOf(values.Below("claims"))};
}

Result<OAuth2Options> OAuth2Of(const Values& values) {
  Result<HttpClientOptions> client = ClientOf(values);
  if (!client) return Failure(client.error().In("oauth2"));
  OAuth2Options options{.client_id = values.Text("client_id"),
                        .client_secret = values.Source("client_secret"),
                        .token_url = values.Text("token_url"),
                        .scopes = values.List("scopes"),
                        .client = std::move(*client)};
  if (values.Text("grant_type") == kJwtBearer) options.jwt = JwtOf(values);
  const Values parameters = values.Below("endpoint_params");
  for (const auto& [name, value] : parameters.all()) options.parameters.emplace(name, value);
  return options;
}

std::vector<HttpHeader> HeadersOf(const Values& values) {
  std::vector<HttpHeader> headers;
  for (const std::string& name : NamesIn(values)) {
    const Values of_it = values.Below(name);
    HttpHeader& header = headers.emplace_back(name, of_it.List("values"));
    for (const std::string& text : of_it.List("secrets")) header.secrets.push_back({.text = text});
    for (const std::string& file : of_it.List("files")) header.secrets.push_back({.file = file});
  }
  return headers;
}

std::optional<Authorization> AuthorizationOf(const Values& http) {
  if (const SecretSource token = http.Source("bearer_token"); !token.text.empty() || !token.file.empty())
    return Authorization{.credentials = token};
  const Values values = http.Below("authorization");
  if (values.empty()) return std::nullopt;
  std::string type = values.Text("type", "Bearer");
  type.erase(type.find_last_not_of(' ') + 1);
  type.erase(0, type.find_first_not_of(' '));
  return Authorization{.type = type, .credentials = values.Source("credentials")};
}

}  // namespace

Result<HttpWayOptions> HttpWayOf(const IntegrationConfig& config) {
  const Values http(config.values, "http_config.");
  for (const auto& [key, value] : http.all()) {
    const bool named_by_people =
        key.find("endpoint_params.") != std::string::npos || key.find("claims.") != std::string::npos;
    if (key.ends_with("_ref") && !named_by_people && !value.empty())
      return Failure(ErrorKind::kUnsupported,
                     fmt::format("http_config: {}: there is no secret manager", key));
  }
  Result<HttpClientOptions> client = ClientOf(http);
  if (!client) return Failure(client.error().In("http_config"));
  HttpWayOptions way{.client = std::move(*client),
                     .authorization = AuthorizationOf(http),
                     .headers = HeadersOf(http.Below("http_headers")),
                     .follow_redirects = http.Flag("follow_redirects", true)};
  if (const Values basic = http.Below("basic_auth"); !basic.empty())
    way.basic = BasicAuth{.username = basic.Source("username"), .password = basic.Source("password")};
  if (const Values oauth2 = http.Below("oauth2"); !oauth2.empty()) {
    Result<OAuth2Options> options = OAuth2Of(oauth2);
    if (!options) return Failure(options.error().In("http_config"));
    way.oauth2 = std::move(*options);
  }
  return way;
}

}  // namespace loadline::collector
