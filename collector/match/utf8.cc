#include "collector/match/utf8.h"

#include "schemas/base/utf8.h"

namespace loadline::collector {
namespace {

constexpr std::uint32_t kLargest = 0x10ffff;

bool IsCharacter(std::uint32_t code) {
  return code <= kLargest && (code < 0xd800 || code > 0xdfff);
}

}  // namespace

bool IsUtf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t length = CharacterLength(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

bool AppendUtf8(std::uint32_t character, std::string& out) {
  if (!IsCharacter(character)) return false;
  if (character < 0x80) {
    out += static_cast<char>(character);
    return true;
  }
  const int following = character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
  const std::uint32_t mark = following == 1 ? 0xc0 : following == 2 ? 0xe0 : 0xf0;
  out += static_cast<char>(mark | character >> (6 * following));
  for (int i = following - 1; i >= 0; --i) out += static_cast<char>(0x80 | (character >> (6 * i) & 0x3f));
  return true;
}

}  // namespace loadline::collector
