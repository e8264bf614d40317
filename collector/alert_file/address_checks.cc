#include "collector/alert_file/address_checks.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "schemas/base/letter_case.h"

namespace loadline::collector {
namespace {

using Values = std::map<std::string, std::string>;

std::string_view Value(const Values& values, const std::string& key) {
  const auto found = values.find(key);
  return found == values.end() ? std::string_view() : found->second;
}

bool IsHttp(std::string_view scheme) {
  return SameButForCase(scheme, "http") || SameButForCase(scheme, "https");
}

// A percent sign with two digits behind it.
bool EscapesAreWhole(std::string_view text) {
  const auto digit = [&](std::size_t i) {
    return i < text.size() && std::isxdigit(static_cast<unsigned char>(text[i])) != 0;
  };
  for (std::size_t at = 0; (at = text.find('%', at)) != std::string_view::npos; ++at) {
    if (!digit(at + 1) || !digit(at + 2)) return false;
  }
  return true;
}

// "user@host:8080"; an empty one is none where `needed`.
bool IsAuthority(std::string_view host, bool needed) {
  host.remove_prefix(host.rfind('@') == std::string_view::npos ? 0 : host.rfind('@') + 1);
  if (host.starts_with('[') && host.find(']') == std::string_view::npos) return false;
  const std::size_t end = host.starts_with('[') ? host.find(']') : 0;
  const std::size_t colon = host.find(':', end);
  const std::string_view port = colon == std::string_view::npos ? "" : host.substr(colon + 1);
  return !(needed && host.empty()) && host.find_first_of(" <>\"{}|\\^`") == std::string_view::npos &&
         std::ranges::all_of(port, [](unsigned char c) { return std::isdigit(c) != 0; });
}

bool IsUrl(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos || !IsHttp(url.substr(0, scheme))) return false;
  if (std::ranges::any_of(url, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) return false;
  url.remove_prefix(scheme + 3);
  if (!EscapesAreWhole(url.substr(0, url.find('?')))) return false;
  return IsAuthority(url.substr(0, url.find_first_of("/?#")), true);
}

bool IsOfScheme(char c, bool first) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalpha(byte) != 0 || (!first && (std::isdigit(byte) != 0 || c == '+' || c == '-' || c == '.'));
}

bool IsHostPort(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon + 1 == text.size()) return false;
  const std::string_view host = text.substr(0, colon);
  if (host.starts_with('[')) return host.ends_with(']');
  return host.find_first_of(":[]") == std::string_view::npos;
}

}  // namespace

bool IsLooseUrl(std::string_view text) {
  if (std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) return false;
  if (!EscapesAreWhole(text.substr(0, text.find('?')))) return false;
  std::size_t end = 0;
  while (end < text.size() && IsOfScheme(text[end], end == 0)) ++end;
  if (end < text.size() && text[end] == ':') {
    const std::string_view rest = text.substr(end + 1);
    if (end == 0) return false;
    return !rest.starts_with("//") || IsAuthority(rest.substr(2, rest.find_first_of("/?#", 2) - 2), false);
  }
  const std::string_view segment = text.substr(0, text.find('/'));
  return segment.find(':') == std::string_view::npos;
}

void CheckUrl(const YamlMap& map, const Values& values, const std::string& key) {
  const std::string_view url = Value(values, key);
  if (!url.empty() && !IsUrl(url)) map.Fail(key, "expected http:// or https:// and a host");
}

void CheckHostPort(const YamlMap& map, const Values& values, const std::string& key) {
  const std::string_view text = Value(values, key);
  if (!text.empty() && !IsHostPort(text)) map.Fail(key, "expected host:port");
}

}  // namespace loadline::collector
