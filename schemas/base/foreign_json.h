// JSON that others wrote.
//
// nlohmann's reader takes any depth, and then copying, comparing and writing a value go down to its bottom by
// calls within calls: a body of nothing but brackets would end the process there. What nests deeper than any
// document that means something is therefore no JSON.
#pragma once

#include <cctype>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "schemas/base/utf8.h"

namespace loadline {

// Kubernetes' deepest objects nest some twenty deep.
inline constexpr int kDeepestJson = 200;

// Whether brackets stand deeper than that, strings left aside.
inline bool NestsTooDeep(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kDeepestJson) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

// The value, or one that is_discarded() and is nothing else: no object, no array, no text.
template <typename Json = nlohmann::json>
Json ParseForeign(std::string_view text) {
  return NestsTooDeep(text) ? Json(nlohmann::json::value_t::discarded) : Json::parse(text, nullptr, false);
}

// The unit of UTF-16 that `text` spells out at its front (backslash, u and four digits); below 0: none.
inline int EscapedUnit(std::string_view text) {
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return -1;
  int unit = 0;
  for (const char c : text.substr(2, 4)) {
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0) return -1;
    unit = unit * 16 + (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return unit;
}

// Bytes at the front of `text` that can stay as they are; 0: they spell out half a pair of surrogates, or are
// no UTF-8.
inline std::size_t SoundLength(std::string_view text) {
  const auto high = [](int unit) { return unit >= 0xd800 && unit < 0xdc00; };
  const auto low = [](int unit) { return unit >= 0xdc00 && unit < 0xe000; };
  constexpr std::size_t kUnit = 6;
  if (const int unit = EscapedUnit(text); unit >= 0) {
    if (high(unit) && low(EscapedUnit(text.substr(kUnit)))) return 2 * kUnit;
    return high(unit) || low(unit) ? 0 : kUnit;
  }
  // What a backslash stands before is no beginning of another escape.
  const std::size_t backslash = text[0] == '\\' && text.size() > 1 ? 1 : 0;
  return backslash + CharacterLength(text.substr(backslash));
}

// The same text, in which what is not sound is U+FFFD, as Go reads it: one odd character in one text is no
// reason to refuse a hundred others.
inline std::string MendedJson(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t sound = SoundLength(text);
    out += sound > 0 ? text.substr(0, sound) : std::string_view("\\ufffd");
    text.remove_prefix(sound > 0 ? sound : EscapedUnit(text) >= 0 ? 6 : 1);
  }
  return out;
}

// The same as ParseForeign, of the text mended where it must be.
template <typename Json = nlohmann::json>
Json ParseMended(std::string_view text) {
  Json value = ParseForeign<Json>(text);
  return value.is_discarded() ? ParseForeign<Json>(MendedJson(text)) : value;
}

}  // namespace loadline
