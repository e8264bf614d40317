#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "collector/alert_file/alert_config.h"
#include "collector/alert_file/integration_kind.h"
#include "schemas/base/letter_case.h"

namespace loadline::collector {
namespace {

constexpr const char* kSecret = "<secret>";

// Whatever stands below them goes to somebody as it is: headers of HTTP and of mails, and what an
// authorization server is sent.
bool IsSecretBelow(const std::string& key) {
  static const std::set<std::string> kKeys = {"headers", "http_headers", "proxy_connect_header",
                                              "endpoint_params"};
  return kKeys.contains(key);
}

// Of a mail's headers, those that everybody sees who gets one.
bool IsOpenHeader(const std::string& name) {
  static const std::set<std::string> kNames = {"subject", "from", "to", "cc", "reply-to"};
  return kNames.contains(InSmallLetters(name));
}

// Who it goes to may be seen, but not the path, which is the secret of a webhook. Still a URL for whoever
// reads it.
std::string Host(const std::string& url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return kSecret;
  const std::size_t end = std::min(url.find_first_of("/?#", scheme + 3), url.size());
  const std::size_t at = url.rfind('@', end);
  const std::size_t host = at == std::string::npos || at < scheme ? scheme + 3 : at + 1;
  return url.substr(0, scheme + 3) + url.substr(host, end - host) + "/secret";
}

bool HasPassword(const std::string& text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string::npos) return false;
  const std::size_t at = text.find('@', scheme);
  return at != std::string::npos && at < text.find_first_of("/?# ", scheme + 3);
}

// All words below, however deep.
void HideAll(YAML::Node node) {
  if (node.IsScalar()) node = kSecret;
  if (node.IsSequence()) {
    for (YAML::Node element : node) HideAll(element);
  }
  if (!node.IsMap()) return;
  for (auto entry : node) {
    const std::string& key = entry.first.Scalar();
    // Names of files are no secret.
    if (key != "files" && !IsOpenHeader(key)) HideAll(entry.second);
  }
}

// A key that is called like one that holds a secret: auth_password, bot_token.
bool IsCalledSecret(const std::string& key) {
  static const std::set<std::string> kKeys = {"credentials",       "key",       "cookie",
                                              "connection_string", "token_id",  "authorization_code",
                                              "client_assertion",  "passphrase"};
  static constexpr std::string_view kEnds[] = {"password", "secret", "token", "_key", "_token_id"};
  // A file that holds a secret is none.
  if (key.ends_with("_file") || key.ends_with("_ref")) return false;
  return kKeys.contains(key) ||
         std::ranges::any_of(kEnds, [&](std::string_view end) { return key.ends_with(end); });
}

// Where nothing but names tells what is a secret: within http_config, and what people fill in freely.
void Hide(YAML::Node node) {
  if (node.IsScalar() && HasPassword(node.Scalar())) node = Host(node.Scalar());
  if (node.IsSequence()) {
    for (YAML::Node element : node) Hide(element);
  }
  if (!node.IsMap()) return;
  for (auto entry : node) {
    const std::string& key = entry.first.Scalar();
    YAML::Node value = entry.second;
    if (IsCalledSecret(key) || IsSecretBelow(key)) {
      HideAll(value);
    } else if (value.IsScalar() && key.ends_with("url")) {
      value = Host(value.Scalar());
    } else {
      Hide(value);
    }
  }
}

// A section, whose keys have types. What its types leave is looked at by its names all the same.
void HideTyped(YAML::Node section, const KeyTypes& keys) {
  if (!section.IsMap()) return;
  for (auto entry : section) {
    const auto type = keys.find(entry.first.Scalar());
    YAML::Node value = entry.second;
    if (entry.first.Scalar() == "<<") HideTyped(value, keys);
    if (type == keys.end()) continue;
    if (type->second == KeyType::kSecret || type->second == KeyType::kHeaders) HideAll(value);
    const bool is_url = type->second == KeyType::kUrl || type->second == KeyType::kLink;
    if (is_url && value.IsScalar()) value = Host(value.Scalar());
  }
}

void HideReceiver(const YAML::Node& receiver, const std::vector<IntegrationKind>& spoken) {
  if (!receiver.IsMap()) return;
  for (const std::vector<IntegrationKind>* kinds : {&spoken, &UnspokenKinds()}) {
    for (const IntegrationKind& kind : *kinds) {
      const YAML::Node sections = receiver[kind.name + "_configs"];
      if (!sections.IsDefined() || !sections.IsSequence()) continue;
      for (const YAML::Node& section : sections) HideTyped(section, kind.keys);
    }
  }
}

void HideByTypes(const YAML::Node& document, const std::vector<IntegrationKind>& kinds) {
  if (!document.IsMap()) return;
  if (const YAML::Node global = document["global"]; global.IsDefined()) HideTyped(global, GlobalKeys(kinds));
  const YAML::Node receivers = document["receivers"];
  if (!receivers.IsDefined() || !receivers.IsSequence()) return;
  for (const YAML::Node& receiver : receivers) HideReceiver(receiver, kinds);
}

}  // namespace

std::string WithoutSecrets(const std::string& original, const std::vector<IntegrationKind>& kinds) try {
  YAML::Node document = YAML::Load(original);
  HideByTypes(document, kinds);
  Hide(document);
  return YAML::Dump(document) + "\n";
} catch (const YAML::Exception&) {
  return "";
}

}  // namespace loadline::collector
