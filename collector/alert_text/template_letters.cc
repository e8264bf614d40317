#include "collector/alert_text/template_letters.h"

#include <array>
#include <cstdint>

#include "collector/alert_text/template_literals.h"

namespace loadline::collector {
namespace {

// Small letters and how far before them their capitals stand.
struct Shift {
  std::uint32_t first, last;
  std::int32_t before;
};
constexpr std::array<Shift, 15> kShifts = {{{'a', 'z', 32},
                                            {0xE0, 0xF6, 32},
                                            {0xF8, 0xFE, 32},
                                            {0xFF, 0xFF, -121},
                                            {0x3AC, 0x3AC, 38},
                                            {0x3AD, 0x3AF, 37},
                                            {0x3B1, 0x3C1, 32},
                                            {0x3C3, 0x3CB, 32},
                                            {0x3CC, 0x3CC, 64},
                                            {0x3CD, 0x3CE, 63},
                                            {0x430, 0x44F, 32},
                                            {0x450, 0x45F, 80},
                                            {0x561, 0x586, 48},
                                            {0x4CF, 0x4CF, 15},
                                            {0xFF41, 0xFF5A, 32}}};

// Where a capital and its small letter follow one another, beginning with a capital.
struct Pairs {
  std::uint32_t first, last;
};
constexpr std::array<Pairs, 11> kPairs = {{{0x100, 0x12F},
                                           {0x132, 0x137},
                                           {0x139, 0x148},
                                           {0x14A, 0x177},
                                           {0x179, 0x17E},
                                           {0x460, 0x481},
                                           {0x48A, 0x4BF},
                                           {0x4C1, 0x4CE},
                                           {0x4D0, 0x52F},
                                           {0x1E00, 0x1E95},
                                           {0x1EA0, 0x1EFF}}};

std::uint32_t Capital(std::uint32_t code) {
  if (code == 0x131) return 'I';
  if (code == 0x17F) return 'S';
  if (code == 0xB5) return 0x39C;
  if (code == 0x3C2) return 0x3A3;
  for (const Shift& shift : kShifts) {
    if (code >= shift.first && code <= shift.last)
      return static_cast<std::uint32_t>(static_cast<std::int32_t>(code) - shift.before);
  }
  for (const Pairs& pairs : kPairs) {
    if (code >= pairs.first && code <= pairs.last && (code - pairs.first) % 2 == 1) return code - 1;
  }
  return code;
}

std::uint32_t Small(std::uint32_t code) {
  if (code == 0x130) return 'i';
  for (const Shift& shift : kShifts) {
    const auto small = static_cast<std::uint32_t>(static_cast<std::int32_t>(code) + shift.before);
    if (small >= shift.first && small <= shift.last) return small;
  }
  for (const Pairs& pairs : kPairs) {
    if (code >= pairs.first && code <= pairs.last && (code - pairs.first) % 2 == 0) return code + 1;
  }
  return code;
}

// Bytes that are no UTF-8 become the sign for that, as with Go.
std::string Each(std::string_view text, std::uint32_t (*change)(std::uint32_t)) {
  std::string out;
  while (!text.empty()) {
    const Rune rune = FirstRune(text);
    AppendUtf8(out, change(rune.code));
    text.remove_prefix(rune.bytes);
  }
  return out;
}

bool IsLetter(std::uint32_t code) {
  return Capital(code) != code || Small(code) != code || code == 0xDF;
}

// Letters, digits, and all beyond ASCII but signs and spaces.
bool IsOfWord(std::uint32_t code) {
  if (code < 0x80) return IsLetter(code) || (code >= '0' && code <= '9') || code == '_';
  return code >= 0xC0 && (code < 0x2000 || code > 0x206F) && code != 0xD7 && code != 0xF7;
}

// It may stand within a word: it's, node.example.
bool JoinsWords(std::uint32_t code) {
  return code == '.' || code == ':' || code == '\'' || code == 0xB7 || code == 0x2019;
}

}  // namespace

std::string InCapitals(std::string_view text) {
  return Each(text, Capital);
}

std::string InSmall(std::string_view text) {
  return Each(text, Small);
}

std::string AsTitle(std::string_view text) {
  std::string out;
  bool begun = false;  // the word has its first letter
  while (!text.empty()) {
    const Rune rune = FirstRune(text);
    const std::string_view piece = text.substr(0, rune.bytes);
    text.remove_prefix(rune.bytes);
    if (IsLetter(rune.code)) {
      AppendUtf8(out, begun ? Small(rune.code) : Capital(rune.code));
      begun = true;
      continue;
    }
    out += piece;
    const bool joins = JoinsWords(rune.code) && !text.empty() && IsOfWord(FirstRune(text).code);
    if (!IsOfWord(rune.code) && !joins) begun = false;
  }
  return out;
}

}  // namespace loadline::collector
