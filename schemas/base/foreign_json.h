// JSON that others wrote.
//
// nlohmann's reader takes any depth, and then copying, comparing and writing a value go down to its bottom by
// calls within calls: a body of nothing but brackets would end the process there. What nests deeper than any
// document that means something is therefore no JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

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

}  // namespace loadline
