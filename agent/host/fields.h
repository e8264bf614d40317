// The few ways in which the kernel writes text: lines, words, numbers.
//
// All of them take a view and give views into it; nothing is copied. Numbers that do not parse are absent.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "schemas/base/units.h"

namespace loadline::agent {

// Cuts the text up to the next `separator` off the front of `text`.
inline std::string_view CutUntil(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view piece = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return piece;
}

inline std::string_view CutLine(std::string_view& text) {
  return CutUntil(text, '\n');
}

// The next word of a line; blanks and tabs before it are skipped. Empty at the end.
inline std::string_view CutWord(std::string_view& line) {
  const std::size_t start = line.find_first_not_of(" \t");
  if (start == std::string_view::npos) return line = {};
  line.remove_prefix(start);
  const std::size_t end = line.find_first_of(" \t");
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(word.size());
  return word;
}

// "-1" and other negative numbers have no unsigned value. Text after the digits is ignored.
inline std::optional<std::uint64_t> ToNumber(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  return value;
}

// Calls set(key, value) for each line "key value"; false when there is none.
template <typename Set>
bool ForEachKey(std::string_view text, Set set) {
  bool any = false;
  while (!text.empty()) {
    std::string_view line = CutLine(text);
    const std::string_view key = CutWord(line);
    const auto value = ToNumber(CutWord(line));
    if (!value) continue;
    any = true;
    set(key, *value);
  }
  return any;
}

// A count of the kernel's as bytes; what is more than there can be is the most there can be.
inline Bytes AsBytes(std::uint64_t value) {
  return static_cast<Bytes>(std::min<std::uint64_t>(value, std::numeric_limits<Bytes>::max()));
}

}  // namespace loadline::agent
