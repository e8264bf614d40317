#include "schemas/wire/text.h"

#include "schemas/base/utf8.h"

namespace loadline::wire {
namespace {

// Length of the clean character at the front of `text`, or 0 when there is none.
std::size_t CleanCharacter(std::string_view text) {
  const std::size_t length = CharacterLength(text);
  const auto first = static_cast<unsigned char>(text[0]);
  if (length == 1 && (first < 0x20 || first == 0x7f)) return 0;
  if (length == 2 && first == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0) return 0;  // C1 controls
  return length;
}

}  // namespace

bool IsCleanText(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = CleanCharacter(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string CleanText(std::string_view text, std::size_t bound) {
  std::string clean;
  while (!text.empty()) {
    const std::size_t length = CleanCharacter(text);
    const std::string_view piece = length == 0 ? std::string_view("?") : text.substr(0, length);
    if (clean.size() + piece.size() > bound) break;
    clean += piece;
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return clean;
}

}  // namespace loadline::wire
