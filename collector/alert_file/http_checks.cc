#include "collector/alert_file/http_checks.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "collector/alert_file/address_checks.h"
#include "collector/alert_file/section_checks.h"
#include "collector/alert_file/yaml_reader.h"
#include "schemas/base/letter_case.h"

namespace loadline::collector {
namespace {

enum class Form {
  kWord,
  kFlag,
  kVersion,  // of TLS
  kUrl,      // as loosely as Go reads one
  kWords,    // a list
  kWordOf,   // a mapping to single values
  kWordsOf,  // a mapping to lists
  kMapping,  // which is looked at by itself
};
using Forms = std::map<std::string, Form>;

// A mapping within the section, with its own line for whatever is wrong in it.
YamlMap Within(const YamlMap& outer, const std::string& key) {
  return {outer.Has(key) ? outer.node()[key] : YAML::Node(), outer.what() + ": " + key};
}

// Not null: an empty mapping is one that was chosen.
bool IsGiven(const YamlMap& map, const std::string& key) {
  return map.Has(key) && !map.node()[key].IsNull();
}

void ExpectWords(const YamlMap& map, const std::string& key, const YAML::Node& list) {
  if (list.IsNull()) return;
  if (!list.IsSequence()) map.Fail(key, "expected a list");
  for (const YAML::Node& word : list) {
    if (!word.IsScalar() && !word.IsNull()) map.Fail(key, "expected a list of single values");
  }
}

void ExpectMapping(const YamlMap& map, const std::string& key, const YAML::Node& mapping, bool to_lists) {
  if (!mapping.IsMap()) map.Fail(key, "expected a mapping");
  for (const auto& entry : mapping) {
    if (to_lists) ExpectWords(map, key, entry.second);
    if (!to_lists && !entry.second.IsScalar() && !entry.second.IsNull())
      map.Fail(key, fmt::format("{}: expected a single value", entry.first.Scalar()));
  }
}

void ExpectVersion(const YamlMap& map, const std::string& key, const std::string& version) {
  static const std::set<std::string> kVersions = {"TLS10", "TLS11", "TLS12", "TLS13"};
  if (!kVersions.contains(version))
    map.Fail(key, fmt::format("'{}' is none of {}", version, fmt::join(kVersions, ", ")));
}

void ExpectSingle(const YamlMap& map, const std::string& key, Form form, const YAML::Node& value) {
  if (!value.IsScalar()) map.Fail(key, "expected a single value");
  const std::string& word = value.Scalar();
  // In quotes a flag is a word.
  if (form == Form::kFlag && (!YamlFlag(word) || IsQuoted(value)))
    map.Fail(key, fmt::format("'{}': expected true or false", word));
  if (form == Form::kVersion) ExpectVersion(map, key, word);
  if (form == Form::kUrl && !IsLooseUrl(word)) map.Fail(key, "expected a URL");
}

void ExpectForms(const YamlMap& map, const Forms& forms) {
  if (!map.node().IsDefined() || !map.node().IsMap()) return;
  for (const auto& entry : map.node()) {
    const std::string& key = entry.first.Scalar();
    const auto form = forms.find(key);
    if (form == forms.end()) map.Fail(key, "unknown key");
    if (entry.second.IsNull()) continue;
    switch (form->second) {
      case Form::kWords:
        ExpectWords(map, key, entry.second);
        break;
      case Form::kWordOf:
      case Form::kWordsOf:
        ExpectMapping(map, key, entry.second, form->second == Form::kWordsOf);
        break;
      case Form::kMapping:
        break;
      default:
        ExpectSingle(map, key, form->second, entry.second);
    }
  }
}

void OneAtMost(const YamlMap& map, const std::vector<std::string>& keys) {
  const auto given = [&](const std::string& key) { return Says(map.node(), key); };
  if (map.node().IsMap() && std::ranges::count_if(keys, given) > 1)
    map.Fail(fmt::format("only one of {}", fmt::join(keys, ", ")));
}

bool HasAny(const YamlMap& map, const std::string& key) {
  return Says(map.node(), key) || Says(map.node(), key + "_file") || Says(map.node(), key + "_ref");
}

void CheckTls(const YamlMap& tls) {
  using enum Form;
  static const Forms kForms = {{"ca", kWord},
                               {"ca_file", kWord},
                               {"ca_ref", kWord},
                               {"cert", kWord},
                               {"cert_file", kWord},
                               {"cert_ref", kWord},
                               {"key", kWord},
                               {"key_file", kWord},
                               {"key_ref", kWord},
                               {"server_name", kWord},
                               {"min_version", kVersion},
                               {"max_version", kVersion},
                               {"insecure_skip_verify", kFlag}};
  ExpectForms(tls, kForms);
  for (const std::string key : {"ca", "cert", "key"}) OneAtMost(tls, {key, key + "_file", key + "_ref"});
  if (HasAny(tls, "cert") != HasAny(tls, "key"))
    tls.Fail("a certificate needs its key, and a key its certificate");
}

Forms WithProxy(Forms forms) {
  using enum Form;
  forms.insert({{"proxy_url", kUrl},
                {"no_proxy", kWord},
                {"proxy_from_environment", kFlag},
                {"proxy_connect_header", kWordsOf}});
  return forms;
}

void CheckProxy(const YamlMap& map) {
  const bool from_environment = YamlFlag(Word(map.node(), "proxy_from_environment")).value_or(false);
  const bool by_url = Says(map.node(), "proxy_url");
  if (from_environment && (by_url || Says(map.node(), "no_proxy")))
    map.Fail("proxy_from_environment", "excludes proxy_url and no_proxy");
  if (!from_environment && !by_url && Says(map.node(), "no_proxy")) map.Fail("no_proxy", "needs proxy_url");
  const bool headers =
      Says(map.node(), "proxy_connect_header") && map.node()["proxy_connect_header"].size() > 0;
  if (headers && !from_environment && !by_url)
    map.Fail("proxy_connect_header", "needs proxy_url or proxy_from_environment");
}

void CheckOauth2(const YamlMap& oauth2) {
  using enum Form;
  static const Forms kForms = WithProxy({{"client_id", kWord},
                                         {"client_secret", kWord},
                                         {"client_secret_file", kWord},
                                         {"client_secret_ref", kWord},
                                         {"client_certificate_key_id", kWord},
                                         {"client_certificate_key", kWord},
                                         {"client_certificate_key_file", kWord},
                                         {"client_certificate_key_ref", kWord},
                                         {"grant_type", kWord},
                                         {"signature_algorithm", kWord},
                                         {"iss", kWord},
                                         {"audience", kWord},
                                         {"claims", kMapping},
                                         {"scopes", kWords},
                                         {"token_url", kWord},
                                         {"endpoint_params", kWordOf},
                                         {"tls_config", kMapping}});
  ExpectForms(oauth2, kForms);
  if (Word(oauth2.node(), "grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer") {
    OneAtMost(oauth2,
              {"client_certificate_key", "client_certificate_key_file", "client_certificate_key_ref"});
    const std::string algorithm = Word(oauth2.node(), "signature_algorithm");
    if (!algorithm.empty() && algorithm != "RS256" && algorithm != "RS384" && algorithm != "RS512")
      oauth2.Fail("signature_algorithm", fmt::format("'{}' is none of RS256, RS384 and RS512", algorithm));
  } else {
    OneAtMost(oauth2, {"client_secret", "client_secret_file", "client_secret_ref"});
  }
  for (const char* key : {"client_id", "token_url"}) {
    if (!Says(oauth2.node(), key)) oauth2.Fail(fmt::format("{} is needed", key));
  }
  CheckTls(Within(oauth2, "tls_config"));
  CheckProxy(oauth2);
}

// Those that a request has anyway, or that are set by a key of their own.
bool IsReserved(const std::string& header) {
  static const std::set<std::string> kNames = {"authorization",
                                               "host",
                                               "content-encoding",
                                               "content-length",
                                               "content-type",
                                               "user-agent",
                                               "connection",
                                               "keep-alive",
                                               "proxy-authenticate",
                                               "proxy-authorization",
                                               "www-authenticate",
                                               "accept-encoding",
                                               "x-prometheus-remote-write-version",
                                               "x-prometheus-remote-read-version",
                                               "x-prometheus-scrape-timeout-seconds",
                                               "x-amz-date",
                                               "x-amz-security-token",
                                               "x-amz-content-sha256"};
  return kNames.contains(InSmallLetters(header));
}

// What would end the header, and begin another.
bool Breaks(const YAML::Node& value) {
  return value.IsScalar() &&
         std::ranges::any_of(value.Scalar(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

bool IsName(const std::string& header) {
  return !header.empty() &&
         std::ranges::all_of(header, [](unsigned char c) { return c > 0x20 && c < 0x7f && c != ':'; });
}

void CheckHeaders(const YamlMap& headers) {
  using enum Form;
  static const Forms kForms = {{"values", kWords}, {"secrets", kWords}, {"files", kWords}};
  if (!headers.node().IsMap()) return;
  for (const auto& entry : headers.node()) {
    const std::string& name = entry.first.Scalar();
    if (!IsName(name)) headers.Fail(name, "no name of a header");
    if (IsReserved(name)) headers.Fail(name, "a header that must not be set");
    const YamlMap header = Within(headers, name);
    ExpectForms(header, kForms);
    for (const char* list : {"values", "secrets"}) {
      if (!Says(header.node(), list)) continue;
      for (const YAML::Node& value : header.node()[list]) {
        if (Breaks(value)) headers.Fail(name, "a value of more than one line");
      }
    }
  }
}

void CheckBasicAuth(const YamlMap& basic) {
  using enum Form;
  static const Forms kForms = {{"username", kWord}, {"username_file", kWord}, {"username_ref", kWord},
                               {"password", kWord}, {"password_file", kWord}, {"password_ref", kWord}};
  ExpectForms(basic, kForms);
  for (const std::string key : {"username", "password"}) OneAtMost(basic, {key, key + "_file", key + "_ref"});
}

void CheckAuthorization(const YamlMap& authorization) {
  using enum Form;
  static const Forms kForms = {
      {"type", kWord}, {"credentials", kWord}, {"credentials_file", kWord}, {"credentials_ref", kWord}};
  ExpectForms(authorization, kForms);
  OneAtMost(authorization, {"credentials", "credentials_file", "credentials_ref"});
  std::string type = InSmallLetters(Word(authorization.node(), "type"));
  std::erase(type, ' ');
  if (type == "basic") authorization.Fail("type", "basic_auth is for the type Basic");
}

void CheckOneWhoWeAre(const YamlMap& http) {
  std::vector<std::string> given;
  for (const char* key : {"basic_auth", "authorization", "oauth2"}) {
    if (IsGiven(http, key)) given.emplace_back(key);
  }
  for (const char* key : {"bearer_token", "bearer_token_file"}) {
    if (Says(http.node(), key)) given.emplace_back(key);
  }
  if (given.size() > 1) http.Fail(given.back(), fmt::format("only one of {}", fmt::join(given, ", ")));
}

}  // namespace

void CheckHttpConfig(const YAML::Node& node, const std::string& what) {
  using enum Form;
  static const Forms kForms = WithProxy({{"basic_auth", kMapping},
                                         {"authorization", kMapping},
                                         {"oauth2", kMapping},
                                         {"tls_config", kMapping},
                                         {"http_headers", kMapping},
                                         {"bearer_token", kWord},
                                         {"bearer_token_file", kWord},
                                         {"follow_redirects", kFlag},
                                         {"enable_http2", kFlag}});
  const YamlMap http(node, what);
  ExpectForms(http, kForms);
  CheckTls(Within(http, "tls_config"));
  CheckProxy(http);
  CheckOneWhoWeAre(http);
  CheckBasicAuth(Within(http, "basic_auth"));
  CheckAuthorization(Within(http, "authorization"));
  CheckHeaders(Within(http, "http_headers"));
  if (IsGiven(http, "oauth2")) CheckOauth2(Within(http, "oauth2"));
}

void CheckTlsConfig(const YAML::Node& tls, const std::string& what) {
  CheckTls({tls, what});
}

}  // namespace loadline::collector
