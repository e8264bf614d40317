// Words in which capital and small letters are the same: names of headers, schemes, kinds. Of ASCII alone, in any locale.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace loadline {

inline char SmallLetter(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline std::string InSmallLetters(std::string_view text) {
  std::string small(text);
  std::ranges::transform(small, small.begin(), SmallLetter);
  return small;
}

inline bool SameButForCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, SmallLetter, SmallLetter);
}

}  // namespace loadline
