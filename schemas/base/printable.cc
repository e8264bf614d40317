#include "schemas/base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "schemas/base/utf8.h"

namespace loadline {
namespace {

using Range = std::pair<char32_t, char32_t>;

constexpr std::array kUnprintable = {Range{0x00, 0x1f},     Range{0x7f, 0x9f},     Range{0x061c, 0x061c},
                                     Range{0x200e, 0x200f}, Range{0x2028, 0x202e}, Range{0x2066, 0x2069}};

char32_t CharacterAt(std::string_view text, std::size_t length) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (length == 1) return byte(0);
  char32_t character = byte(0) & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) character = character << 6 | (byte(i) & 0x3fU);
  return character;
}

template <typename Replace>
std::string Replaced(std::string_view text, const Replace& replace) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t bad = UnprintableLength(text);
    const std::size_t length = bad > 0 ? bad : CharacterLength(text);
    bad > 0 ? replace(text.substr(0, bad), out) : void(out += text.substr(0, length));
    text.remove_prefix(length);
  }
  return out;
}

void SpellOut(std::string_view bytes, std::string& out) {
  for (const char c : bytes)
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
}

}  // namespace

std::size_t UnprintableLength(std::string_view text) {
  const std::size_t length = CharacterLength(text);
  if (length == 0) return 1;
  const char32_t character = CharacterAt(text, length);
  const bool bad = std::ranges::any_of(kUnprintable, [&](const Range& range) {
    return character >= range.first && character <= range.second;
  });
  return bad ? length : 0;
}

std::string Printable(std::string_view text) {
  return Replaced(text, SpellOut);
}

std::string PrintableLines(std::string_view text) {
  return Replaced(text, [](std::string_view bytes, std::string& out) {
    bytes == "\n" ? void(out += '\n') : SpellOut(bytes, out);
  });
}

std::string Spaced(std::string_view text) {
  return Replaced(text, [](std::string_view, std::string& out) { out += ' '; });
}

std::string SpacedLines(std::string_view text) {
  return Replaced(text, [](std::string_view bytes, std::string& out) { out += bytes == "\n" ? '\n' : ' '; });
}

std::string Cut(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  return std::string(text.substr(0, WholeCharacters(text, bytes < 3 ? 0 : bytes - 3))) + "...";
}

}  // namespace loadline
