// What is done to text again and again. ASCII alone, and the same in every locale.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace loadline {

// What stands between words, and at the ends of lines.
inline constexpr std::string_view kWhiteSpace = " \t\n\v\f\r";
// What may stand around a word within a line.
inline constexpr std::string_view kBlanks = " \t";

// Without any of `space` at its ends: a part of `text`, which must outlive it.
constexpr std::string_view Trimmed(std::string_view text, std::string_view space = kWhiteSpace) {
  const std::size_t first = std::min(text.find_first_not_of(space), text.size());
  return text.substr(first, text.find_last_not_of(space) + 1 - first);
}

// A to Z in small letters; every other byte as it is.
inline std::string InLowerCase(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

}  // namespace loadline
