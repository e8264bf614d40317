#include "collector/alert/utf8.h"

namespace loadline::collector {
namespace {

constexpr std::uint32_t kLargest = 0x10ffff;

bool IsCharacter(std::uint32_t code) {
  return code <= kLargest && (code < 0xd800 || code > 0xdfff);
}

// How many bytes follow the first one; -1: it cannot be first.
int Following(unsigned char first) {
  if (first < 0x80) return 0;
  if (first >= 0xc2 && first < 0xe0) return 1;
  if (first >= 0xe0 && first < 0xf0) return 2;
  return first >= 0xf0 && first < 0xf5 ? 3 : -1;
}

// The smallest character that needs so many following bytes.
constexpr std::uint32_t kSmallest[] = {0, 0x80, 0x800, 0x10000};

}  // namespace

bool IsUtf8(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto first = static_cast<unsigned char>(bytes[i]);
    const int following = Following(first);
    if (following < 0 || i + static_cast<std::size_t>(following) >= bytes.size()) return false;
    std::uint32_t code = following == 0 ? first : first & (0x3fU >> following);
    for (int j = 0; j < following; ++j) {
      const auto next = static_cast<unsigned char>(bytes[++i]);
      if ((next & 0xc0) != 0x80) return false;
      code = code << 6 | (next & 0x3fU);
    }
    if (!IsCharacter(code) || code < kSmallest[following]) return false;
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
