#include "collector/alert/receiver_checks.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <set>
#include <vector>

namespace loadline::collector {
namespace {

using Words = std::vector<std::string>;
using Values = std::map<std::string, std::string>;

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool Has(const YAML::Node& node, const std::string& key) {
  if (!node.IsMap()) return false;
  const YAML::Node value = node[key];
  return value.IsDefined() && !value.IsNull() && !(value.IsScalar() && value.Scalar().empty());
}

std::string Word(const YAML::Node& node, const std::string& key) {
  return Has(node, key) && node[key].IsScalar() ? node[key].Scalar() : "";
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

void AtMostOne(const YamlMap& map, const YAML::Node& node, const Words& keys) {
  if (std::ranges::count_if(keys, [&](const std::string& key) { return Has(node, key); }) > 1)
    map.Fail(fmt::format("only one of {}", fmt::join(keys, ", ")));
}

void OneOf(const YamlMap& map, const std::string& key, const std::set<std::string>& words,
           const Values& values) {
  const auto found = values.find(key);
  // A template is known only when it is filled in.
  if (found == values.end() || found->second.empty() || found->second.find("{{") != std::string::npos) return;
  if (!words.contains(found->second))
    map.Fail(key, fmt::format("'{}' is none of {}", found->second, fmt::join(words, ", ")));
}

// Each element of a list must have these keys.
void Elements(const YamlMap& map, const std::string& list,
              const std::function<void(const YAML::Node&)>& check) {
  const YAML::Node node = Inner(map, list);
  if (!node.IsSequence()) return;
  for (const YAML::Node& element : node) check(element);
}

void CheckSlack(const YamlMap& map, const Values& values) {
  for (const char* key : {"short_fields", "link_names"})
    OneOf(map, key, {"true", "false", "yes", "no", "on", "off"}, values);
  Elements(map, "fields", [&](const YAML::Node& field) {
    if (!Has(field, "title") || !Has(field, "value")) map.Fail("fields", "a field needs a title and a value");
  });
  Elements(map, "actions", [&](const YAML::Node& action) {
    if (!Has(action, "type") || !Has(action, "text"))
      map.Fail("actions", "an action needs a type and a text");
    if (!Has(action, "url") && !Has(action, "name")) map.Fail("actions", "an action needs a url or a name");
  });
}

void CheckEmail(const YamlMap& map, const Values& values) {
  if (const auto host = values.find("smarthost"); host != values.end() && host->second.ends_with(':'))
    map.Fail("smarthost", "expected host:port");
  const YAML::Node headers = Inner(map, "headers");
  if (!headers.IsMap()) return;
  std::set<std::string> seen;
  for (const auto& entry : headers) {
    if (!seen.insert(Lower(entry.first.Scalar())).second)
      map.Fail("headers", fmt::format("'{}' twice", entry.first.Scalar()));
  }
}

void CheckWebhook(const YamlMap& map, const Values& values) {
  const auto most = values.find("max_alerts");
  if (most == values.end()) return;
  const auto digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  if (most->second.empty() || !std::ranges::all_of(most->second, digit))
    map.Fail("max_alerts", "expected a whole number");
}

void CheckOpsgenie(const YamlMap& map) {
  static const std::set<std::string> kTypes = {"team", "teams", "user", "escalation", "schedule"};
  Elements(map, "responders", [&](const YAML::Node& responder) {
    if (!Has(responder, "id") && !Has(responder, "name") && !Has(responder, "username"))
      map.Fail("responders", "a responder needs an id, a name or a username");
    const std::string type = Lower(Word(responder, "type"));
    if (type.find("{{") == std::string::npos && !kTypes.contains(type))
      map.Fail("responders", fmt::format("'{}' is none of {}", type, fmt::join(kTypes, ", ")));
  });
}

void CheckVictorops(const YamlMap& map) {
  static const std::set<std::string> kReserved = {"routing_key",         "message_type",    "state_message",
                                                  "entity_display_name", "monitoring_tool", "entity_id",
                                                  "entity_state"};
  const YAML::Node fields = Inner(map, "custom_fields");
  if (!fields.IsMap()) return;
  for (const auto& entry : fields) {
    if (kReserved.contains(entry.first.Scalar()))
      map.Fail("custom_fields", fmt::format("'{}' is reserved", entry.first.Scalar()));
  }
}

void CheckWebex(const YamlMap& map) {
  if (!Has(Inner(map, "http_config"), "authorization")) map.Fail("http_config.authorization is needed");
}

}  // namespace

void CheckHttpConfig(const YamlMap& map) {
  const YAML::Node http = Inner(map, "http_config");
  OnlyKeys(map, http, "http_config",
           {"basic_auth", "authorization", "bearer_token", "bearer_token_file", "oauth2", "tls_config",
            "proxy_url", "no_proxy", "proxy_from_environment", "proxy_connect_header", "follow_redirects",
            "enable_http2", "http_headers"});
  if (!http.IsMap()) return;
  OnlyKeys(map, http["tls_config"].IsDefined() ? http["tls_config"] : YAML::Node(), "tls_config",
           {"ca", "cert", "key", "ca_file", "cert_file", "key_file", "ca_ref", "cert_ref", "key_ref",
            "server_name", "insecure_skip_verify", "min_version", "max_version"});
  AtMostOne(map, http, {"bearer_token", "bearer_token_file", "basic_auth", "oauth2", "authorization"});
  if (Has(http, "basic_auth")) {
    AtMostOne(map, http["basic_auth"], {"username", "username_file"});
    AtMostOne(map, http["basic_auth"], {"password", "password_file"});
  }
  if (Has(http, "authorization")) {
    AtMostOne(map, http["authorization"], {"credentials", "credentials_file"});
    if (Lower(Word(http["authorization"], "type")) == "basic")
      map.Fail("authorization: use basic_auth for the type Basic");
  }
  if (Has(http, "oauth2")) {
    AtMostOne(map, http["oauth2"], {"client_secret", "client_secret_file"});
    for (const char* key : {"client_id", "token_url"}) {
      if (!Has(http["oauth2"], key)) map.Fail(fmt::format("oauth2: {} is needed", key));
    }
  }
}

void CheckReceiver(const std::string& kind, const YamlMap& map, const Values& values) {
  CheckHttpConfig(map);
  if (kind == "slack") CheckSlack(map, values);
  if (kind == "email") CheckEmail(map, values);
  if (kind == "webhook") CheckWebhook(map, values);
  if (kind == "opsgenie") CheckOpsgenie(map);
  if (kind == "victorops") CheckVictorops(map);
  if (kind == "webex") CheckWebex(map);
  if (kind == "telegram") OneOf(map, "parse_mode", {"Markdown", "MarkdownV2", "HTML"}, values);
  if (kind == "wechat") OneOf(map, "message_type", {"text", "markdown"}, values);
}

}  // namespace loadline::collector
