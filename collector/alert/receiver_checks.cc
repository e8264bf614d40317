#include "collector/alert/receiver_checks.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <functional>
#include <set>
#include <vector>

#include "collector/alert/prometheus_duration.h"

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

void ListOfWords(const YamlMap& map, const std::string& key) {
  const YAML::Node list = Inner(map, key);
  if (list.IsDefined() && !list.IsNull() && !list.IsSequence()) map.Fail(key, "expected a list");
}

void CheckTls(const YamlMap& map, const YAML::Node& parent) {
  const YAML::Node tls =
      parent.IsMap() && parent["tls_config"].IsDefined() ? parent["tls_config"] : YAML::Node();
  OnlyKeys(map, tls, "tls_config",
           {"ca", "cert", "key", "ca_file", "cert_file", "key_file", "ca_ref", "cert_ref", "key_ref",
            "server_name", "insecure_skip_verify", "min_version", "max_version"});
  for (const char* kind : {"ca", "cert", "key"})
    AtMostOne(map, tls, {kind, std::string(kind) + "_file", std::string(kind) + "_ref"});
  static const std::set<std::string> kVersions = {"TLS10", "TLS11", "TLS12", "TLS13"};
  for (const char* key : {"min_version", "max_version"}) {
    if (Has(tls, key) && !kVersions.contains(Word(tls, key)))
      map.Fail(
          fmt::format("tls_config: {}: '{}' is none of {}", key, Word(tls, key), fmt::join(kVersions, ", ")));
  }
}

void CheckSlack(const YamlMap& map) {
  ListOfWords(map, "mrkdwn_in");
  Elements(map, "fields", [&](const YAML::Node& field) {
    OnlyKeys(map, field, "fields", {"title", "value", "short"});
    if (!Has(field, "title") || !Has(field, "value")) map.Fail("fields", "a field needs a title and a value");
  });
  Elements(map, "actions", [&](const YAML::Node& action) {
    OnlyKeys(map, action, "actions", {"type", "text", "url", "style", "name", "value", "confirm"});
    const YAML::Node confirm = action["confirm"].IsDefined() ? action["confirm"] : YAML::Node();
    OnlyKeys(map, confirm, "confirm", {"text", "title", "ok_text", "dismiss_text"});
    if (confirm.IsMap() && !Has(confirm, "text")) map.Fail("actions", "a confirmation needs a text");
    if (!Has(action, "type") || !Has(action, "text"))
      map.Fail("actions", "an action needs a type and a text");
    if (!Has(action, "url") && !Has(action, "name")) map.Fail("actions", "an action needs a url or a name");
  });
}

void CheckEmail(const YamlMap& map) {
  CheckTls(map, map.node());
  const YAML::Node headers = Inner(map, "headers");
  if (!headers.IsMap()) return;
  std::set<std::string> seen;
  for (const auto& entry : headers) {
    if (!seen.insert(Lower(entry.first.Scalar())).second)
      map.Fail("headers", fmt::format("'{}' twice", entry.first.Scalar()));
  }
}

void CheckPagerduty(const YamlMap& map) {
  AtMostOne(map, map.node(), {"routing_key", "routing_key_file"});
  AtMostOne(map, map.node(), {"service_key", "service_key_file"});
  Elements(map, "images",
           [&](const YAML::Node& image) { OnlyKeys(map, image, "images", {"href", "src", "alt"}); });
  Elements(map, "links", [&](const YAML::Node& link) { OnlyKeys(map, link, "links", {"href", "text"}); });
}

void CheckPushover(const YamlMap& map) {
  AtMostOne(map, map.node(), {"html", "monospace"});
}

void CheckSns(const YamlMap& map) {
  const auto given = std::ranges::count_if(Words{"target_arn", "topic_arn", "phone_number"},
                                           [&](const std::string& key) { return Has(map.node(), key); });
  // Alertmanager's condition is an exclusive or, which three make true again.
  if (given % 2 == 0) map.Fail("one of target_arn, topic_arn and phone_number must be given");
  const YAML::Node sigv4 = Inner(map, "sigv4");
  OnlyKeys(map, sigv4, "sigv4", {"region", "access_key", "secret_key", "profile", "role_arn"});
  if (Has(sigv4, "access_key") != Has(sigv4, "secret_key"))
    map.Fail("sigv4: access_key and secret_key are given together or not at all");
}

void CheckTelegram(const YamlMap& map, const Values& values) {
  OneOf(map, "parse_mode", {"Markdown", "MarkdownV2", "HTML"}, values);
  if (Word(map.node(), "chat_id") == "0") map.Fail("missing chat");
}

void CheckOpsgenie(const YamlMap& map) {
  static const std::set<std::string> kTypes = {"team", "teams", "user", "escalation", "schedule"};
  Elements(map, "responders", [&](const YAML::Node& responder) {
    OnlyKeys(map, responder, "responders", {"id", "name", "username", "type"});
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

void CheckProxy(const YamlMap& map, const YAML::Node& http) {
  const bool from_environment = YamlFlag(Word(http, "proxy_from_environment")).value_or(false);
  if (from_environment && (Has(http, "proxy_url") || Has(http, "no_proxy")))
    map.Fail("http_config: proxy_from_environment excludes proxy_url and no_proxy");
  if (!from_environment && Has(http, "no_proxy") && !Has(http, "proxy_url"))
    map.Fail("http_config: no_proxy needs proxy_url");
  if (Word(http, "proxy_url").starts_with(':')) map.Fail("http_config: proxy_url: expected a URL");
}

void CheckOauth2(const YamlMap& map, const YAML::Node& oauth2) {
  OnlyKeys(map, oauth2, "oauth2",
           {"client_id", "client_secret", "client_secret_file", "client_secret_ref", "scopes", "token_url",
            "endpoint_params", "tls_config", "proxy_url", "no_proxy", "proxy_from_environment",
            "proxy_connect_header"});
  CheckTls(map, oauth2);
  AtMostOne(map, oauth2, {"client_secret", "client_secret_file"});
  for (const char* key : {"client_id", "token_url"}) {
    if (!Has(oauth2, key)) map.Fail(fmt::format("oauth2: {} is needed", key));
  }
  if (!Has(oauth2, "client_secret") && !Has(oauth2, "client_secret_file"))
    map.Fail("oauth2: client_secret or client_secret_file is needed");
}

bool IsWhole(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// What a key's value must be, wherever the key stands; nothing: anything.
const char* WhatIsWrong(const std::string& key, const std::string& value) {
  static const std::set<std::string> kFlags = {"send_resolved",
                                               "short_fields",
                                               "short",
                                               "link_names",
                                               "require_tls",
                                               "update_alerts",
                                               "html",
                                               "monospace",
                                               "disable_notifications",
                                               "follow_redirects",
                                               "enable_http2",
                                               "proxy_from_environment",
                                               "insecure_skip_verify",
                                               "update_message",
                                               "smtp_require_tls",
                                               "smtp_force_implicit_tls",
                                               "force_implicit_tls"};
  static const std::set<std::string> kDurations = {"retry", "expire", "ttl", "timeout", "reopen_duration"};
  if (kFlags.contains(key) && !YamlFlag(value)) return "expected true or false";
  if (kDurations.contains(key) && !ParsePrometheusDuration(value)) return "expected a duration (30s, 5m)";
  if (key == "max_alerts" && (!IsWhole(value) || value.starts_with('-'))) return "expected a whole number";
  if ((key == "chat_id" || key == "message_thread_id") && !IsWhole(value)) return "expected a whole number";
  return nullptr;
}

void CheckTypesBelow(const YamlMap& map, const YAML::Node& node) {
  for (const auto& entry : node) {
    const std::string& key = entry.first.Scalar();
    if (entry.second.IsMap() && key != "headers" && key != "details" && key != "custom_fields" &&
        key != "fields" && key != "attributes")
      CheckTypesBelow(map, entry.second);
    if (!entry.second.IsScalar() || entry.second.Scalar().empty()) continue;
    if (const char* wrong = WhatIsWrong(key, entry.second.Scalar()))
      map.Fail(key, fmt::format("'{}': {}", entry.second.Scalar(), wrong));
  }
}

}  // namespace

void CheckHttpConfig(const YamlMap& map) {
  const YAML::Node http = Inner(map, "http_config");
  OnlyKeys(map, http, "http_config",
           {"basic_auth", "authorization", "bearer_token", "bearer_token_file", "oauth2", "tls_config",
            "proxy_url", "no_proxy", "proxy_from_environment", "proxy_connect_header", "follow_redirects",
            "enable_http2", "http_headers"});
  if (http.IsDefined() && !http.IsNull() && !http.IsMap()) map.Fail("http_config", "expected a mapping");
  if (!http.IsMap()) return;
  CheckTls(map, http);
  CheckProxy(map, http);
  AtMostOne(map, http, {"bearer_token", "bearer_token_file", "basic_auth", "oauth2", "authorization"});
  if (Has(http, "basic_auth")) {
    OnlyKeys(map, http["basic_auth"], "basic_auth",
             {"username", "username_file", "username_ref", "password", "password_file", "password_ref"});
    AtMostOne(map, http["basic_auth"], {"username", "username_file"});
    AtMostOne(map, http["basic_auth"], {"password", "password_file"});
  }
  if (Has(http, "authorization")) {
    OnlyKeys(map, http["authorization"], "authorization",
             {"type", "credentials", "credentials_file", "credentials_ref"});
    AtMostOne(map, http["authorization"], {"credentials", "credentials_file"});
    if (Lower(Word(http["authorization"], "type")) == "basic")
      map.Fail("authorization: use basic_auth for the type Basic");
  }
  if (Has(http, "oauth2")) CheckOauth2(map, http["oauth2"]);
}

void CheckTypes(const YamlMap& map) {
  if (map.node().IsMap()) CheckTypesBelow(map, map.node());
}

void CheckReceiver(const std::string& kind, const YamlMap& map, const Values& values) {
  CheckHttpConfig(map);
  CheckTypes(map);
  if (kind == "slack") CheckSlack(map);
  if (kind == "email") CheckEmail(map);
  if (kind == "pagerduty") CheckPagerduty(map);
  if (kind == "pushover") CheckPushover(map);
  if (kind == "sns") CheckSns(map);
  if (kind == "opsgenie") CheckOpsgenie(map);
  if (kind == "victorops") CheckVictorops(map);
  if (kind == "webex") CheckWebex(map);
  if (kind == "telegram") CheckTelegram(map, values);
  if (kind == "wechat") OneOf(map, "message_type", {"text", "markdown"}, values);
}

}  // namespace loadline::collector
