#include "collector/alert_file/section_checks.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>

#include "collector/alert_file/address_checks.h"
#include "collector/alert_file/prometheus_duration.h"

namespace loadline::collector {
std::string InSmallLetters(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool Says(const YAML::Node& node, const std::string& key) {
  if (!node.IsMap()) return false;
  const YAML::Node value = node[key];
  return value.IsDefined() && !value.IsNull() && !(value.IsScalar() && value.Scalar().empty());
}

std::string Word(const YAML::Node& node, const std::string& key) {
  return Says(node, key) && node[key].IsScalar() ? node[key].Scalar() : "";
}

YAML::Node Inner(const YamlMap& map, const std::string& key) {
  return map.Has(key) ? map.node()[key] : YAML::Node();
}

void OnlyKeys(const YamlMap& map, const YAML::Node& node, const std::string& what,
              const std::set<std::string>& keys) {
  if (!node.IsMap()) return;
  for (const auto& entry : node) {
    if (!keys.contains(entry.first.Scalar()))
      map.Fail(fmt::format("{}: unknown key '{}'", what, entry.first.Scalar()));
  }
}

void AtMostOne(const YamlMap& map, const YAML::Node& node, const std::vector<std::string>& keys) {
  if (std::ranges::count_if(keys, [&](const std::string& key) { return Says(node, key); }) > 1)
    map.Fail(fmt::format("only one of {}", fmt::join(keys, ", ")));
}

void OneOf(const YamlMap& map, const std::string& key, const std::set<std::string>& words,
           const KeyValues& values) {
  const auto found = values.find(key);
  if (found == values.end() || found->second.empty() || found->second.find("{{") != std::string::npos) return;
  if (!words.contains(found->second))
    map.Fail(key, fmt::format("'{}' is none of {}", found->second, fmt::join(words, ", ")));
}

void Elements(const YamlMap& map, const std::string& list,
              const std::function<void(const YAML::Node&)>& check) {
  ListOfWords(map, list);
  const YAML::Node node = Inner(map, list);
  if (!node.IsSequence()) return;
  for (const YAML::Node& element : node) check(element);
}

void ListOfWords(const YamlMap& map, const std::string& key) {
  const YAML::Node list = Inner(map, key);
  if (list.IsDefined() && !list.IsNull() && !list.IsSequence()) map.Fail(key, "expected a list");
}

namespace {

void CheckTls(const YamlMap& map, const YAML::Node& tls) {
  OnlyKeys(map, tls, "tls_config",
           {"ca", "cert", "key", "ca_file", "cert_file", "key_file", "ca_ref", "cert_ref", "key_ref",
            "server_name", "insecure_skip_verify", "min_version", "max_version"});
  for (const char* kind : {"ca", "cert", "key"})
    AtMostOne(map, tls, {kind, std::string(kind) + "_file", std::string(kind) + "_ref"});
  static const std::set<std::string> kVersions = {"TLS10", "TLS11", "TLS12", "TLS13"};
  for (const char* key : {"min_version", "max_version"}) {
    if (Says(tls, key) && !kVersions.contains(Word(tls, key)))
      map.Fail(
          fmt::format("tls_config: {}: '{}' is none of {}", key, Word(tls, key), fmt::join(kVersions, ", ")));
  }
}

YAML::Node Below(const YAML::Node& parent, const std::string& key) {
  return parent.IsMap() && parent[key].IsDefined() ? parent[key] : YAML::Node();
}

void CheckProxy(const YamlMap& map, const YAML::Node& http) {
  const bool from_environment = YamlFlag(Word(http, "proxy_from_environment")).value_or(false);
  if (from_environment && (Says(http, "proxy_url") || Says(http, "no_proxy")))
    map.Fail("http_config: proxy_from_environment excludes proxy_url and no_proxy");
  if (!from_environment && Says(http, "no_proxy") && !Says(http, "proxy_url"))
    map.Fail("http_config: no_proxy needs proxy_url");
  if (Word(http, "proxy_url").starts_with(':')) map.Fail("http_config: proxy_url: expected a URL");
}

void CheckOauth2(const YamlMap& map, const YAML::Node& oauth2) {
  OnlyKeys(map, oauth2, "oauth2",
           {"client_id", "client_secret", "client_secret_file", "client_secret_ref", "scopes", "token_url",
            "endpoint_params", "tls_config", "proxy_url", "no_proxy", "proxy_from_environment",
            "proxy_connect_header"});
  CheckTls(map, Below(oauth2, "tls_config"));
  AtMostOne(map, oauth2, {"client_secret", "client_secret_file"});
  for (const char* key : {"client_id", "token_url"}) {
    if (!Says(oauth2, key)) map.Fail(fmt::format("oauth2: {} is needed", key));
  }
  if (!Says(oauth2, "client_secret") && !Says(oauth2, "client_secret_file"))
    map.Fail("oauth2: client_secret or client_secret_file is needed");
}

bool IsWhole(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// The flags of http_config and tls_config, however deep.
void CheckFlagsBelow(const YamlMap& map, const YAML::Node& node) {
  static const std::set<std::string> kFlags = {"follow_redirects", "enable_http2", "proxy_from_environment",
                                               "insecure_skip_verify"};
  if (!node.IsMap()) return;
  for (const auto& entry : node) {
    CheckFlagsBelow(map, entry.second);
    const std::string& key = entry.first.Scalar();
    if (!kFlags.contains(key) || !entry.second.IsScalar() || entry.second.Scalar().empty()) continue;
    if (!YamlFlag(entry.second.Scalar()))
      map.Fail(key, fmt::format("'{}': expected true or false", entry.second.Scalar()));
  }
}

bool IsSingle(KeyType type) {
  return type != KeyType::kText && type != KeyType::kHeaders && type != KeyType::kHttp &&
         type != KeyType::kTls;
}

// In quotes a number is a word.
bool IsQuoted(const YAML::Node& value) {
  return value.Tag() == "!";
}

// What is wrong with a single value of this type; nothing: nothing.
const char* WhatIsWrong(KeyType type, const YAML::Node& node) {
  const std::string& value = node.Scalar();
  const bool number = type == KeyType::kWhole || type == KeyType::kCount;
  if (value.empty()) return type == KeyType::kUrl && IsQuoted(node) ? "expected a URL" : nullptr;
  if (number && IsQuoted(node)) return "expected a whole number, without quotes";
  if (type == KeyType::kFlag && !YamlFlag(value)) return "expected true or false";
  if (type == KeyType::kDuration && !ParsePrometheusDuration(value)) return "expected a duration (30s, 5m)";
  if (number && (!IsWhole(value) || (type == KeyType::kCount && value.starts_with('-'))))
    return "expected a whole number";
  return nullptr;
}

void CheckHttpConfig(const YamlMap& map, const YAML::Node& http) {
  OnlyKeys(map, http, "http_config",
           {"basic_auth", "authorization", "bearer_token", "bearer_token_file", "oauth2", "tls_config",
            "proxy_url", "no_proxy", "proxy_from_environment", "proxy_connect_header", "follow_redirects",
            "enable_http2", "http_headers"});
  if (http.IsDefined() && !http.IsNull() && !http.IsMap()) map.Fail("http_config", "expected a mapping");
  if (!http.IsMap()) return;
  CheckTls(map, Below(http, "tls_config"));
  CheckFlagsBelow(map, http);
  CheckProxy(map, http);
  AtMostOne(map, http, {"bearer_token", "bearer_token_file", "basic_auth", "oauth2", "authorization"});
  if (Says(http, "basic_auth")) {
    OnlyKeys(map, http["basic_auth"], "basic_auth",
             {"username", "username_file", "username_ref", "password", "password_file", "password_ref"});
    AtMostOne(map, http["basic_auth"], {"username", "username_file"});
    AtMostOne(map, http["basic_auth"], {"password", "password_file"});
  }
  if (Says(http, "authorization")) {
    OnlyKeys(map, http["authorization"], "authorization",
             {"type", "credentials", "credentials_file", "credentials_ref"});
    AtMostOne(map, http["authorization"], {"credentials", "credentials_file"});
    if (InSmallLetters(Word(http["authorization"], "type")) == "basic")
      map.Fail("authorization: use basic_auth for the type Basic");
  }
  if (Says(http, "oauth2")) CheckOauth2(map, http["oauth2"]);
}

}  // namespace

void CheckKeys(const YamlMap& map, const KeyTypes& keys, const KeyValues& values) {
  for (const auto& [key, type] : keys) {
    const YAML::Node value = Inner(map, key);
    if (type == KeyType::kUrl) CheckUrl(map, values, key);
    if (type == KeyType::kHostPort) CheckHostPort(map, values, key);
    if (type == KeyType::kHttp) CheckHttpConfig(map, value);
    if (type == KeyType::kTls) {
      CheckTls(map, value);
      CheckFlagsBelow(map, value);
    }
    if (IsSingle(type) && (value.IsMap() || value.IsSequence())) map.Fail(key, "expected a single value");
    if (!value.IsScalar()) continue;
    if (const char* wrong = WhatIsWrong(type, value))
      map.Fail(key, fmt::format("'{}': {}", value.Scalar(), wrong));
  }
}

}  // namespace loadline::collector
