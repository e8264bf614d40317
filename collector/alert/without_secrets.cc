#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "collector/alert/alert_config.h"

namespace loadline::collector {
namespace {

constexpr const char* kSecret = "<secret>";

bool IsSecret(const std::string& key) {
  static const std::set<std::string> kKeys = {"credentials", "key", "cookie", "connection_string"};
  static constexpr std::string_view kEnds[] = {"password", "secret", "token", "_key"};
  // A file that holds a secret is none.
  if (key.ends_with("_file")) return false;
  return kKeys.contains(key) ||
         std::ranges::any_of(kEnds, [&](std::string_view end) { return key.ends_with(end); });
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

void Hide(YAML::Node node) {
  if (node.IsSequence()) {
    for (YAML::Node element : node) Hide(element);
  }
  if (!node.IsMap()) return;
  for (auto entry : node) {
    YAML::Node value = entry.second;
    if (value.IsScalar() && IsSecret(entry.first.Scalar())) {
      value = kSecret;
    } else if (value.IsScalar() && entry.first.Scalar().ends_with("url")) {
      value = Host(value.Scalar());
    } else {
      Hide(value);
    }
  }
}

}  // namespace

std::string WithoutSecrets(const std::string& original) try {
  YAML::Node document = YAML::Load(original);
  Hide(document);
  return YAML::Dump(document) + "\n";
} catch (const YAML::Exception&) {
  return "";
}

}  // namespace loadline::collector
