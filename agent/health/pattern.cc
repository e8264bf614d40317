#include "agent/health/pattern.h"

#include <algorithm>
#include <cstddef>
#include <string>

namespace loadline::agent {
namespace {

// Escapes that stand for one character which is no line feed, for classes without it, or for a place.
bool EscapeStays(char c, bool in_class) {
  static constexpr std::string_view kClasses = "dwS";
  static constexpr std::string_view kPlaces = "bBAz";
  const bool letter_or_digit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return !letter_or_digit || kClasses.contains(c) || c == 't' || (!in_class && kPlaces.contains(c));
}

// The class whose bracket stands at the front: how long it is, or 0 when it may hold a line feed.
std::size_t ClassThatStays(std::string_view text) {
  if (text.starts_with("[^")) return 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    // A bracket right at the front is a member, and [:space:] a class in a class: rare enough to be looked at as several
    // lines. So is what a range may hold that begins with a control character.
    if (text[i] == '[' || (text[i] == ']' && i == 1) || (text[i] >= 0 && text[i] < ' ')) return 0;
    if (text[i] == ']') return i + 1;
    if (text[i] == '\\' && (++i == text.size() || text[i] == 't' || !EscapeStays(text[i], true))) return 0;
  }
  return 0;
}

// "(?i)", "(?i:": flags that let a dot be a line feed.
bool FlagsLetDotBreak(std::string_view text) {
  if (!text.starts_with("(?") || text.starts_with("(?P<") || text.starts_with("(?<")) return false;
  const std::string_view flags = text.substr(2, text.find_first_of(":)") - 2);
  return flags.contains('s');
}

}  // namespace

bool StaysInOneLine(std::string_view pattern) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const std::string_view rest = pattern.substr(i);
    if (rest[0] == '\n' || FlagsLetDotBreak(rest)) return false;
    if (rest[0] == '\\') {
      if (rest.size() < 2 || !EscapeStays(rest[1], false)) return false;
      ++i;
    } else if (rest[0] == '[') {
      const std::size_t length = ClassThatStays(rest);
      if (length == 0) return false;
      i += length - 1;
    }
  }
  return true;
}

}  // namespace loadline::agent
