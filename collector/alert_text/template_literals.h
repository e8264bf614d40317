// Strings and numbers as Go writes them in source text.
#pragma once

#include <string>
#include <string_view>

#include "collector/alert_text/template_tree.h"

namespace loadline::collector {

// Of a token with its quotes, " or ` or '. Throw TemplateFault without a line.
std::string Unquoted(std::string_view token);
TemplateNumber NumberOf(std::string_view token);
TemplateNumber CharacterOf(std::string_view token);

// Appends a code point as UTF-8; U+FFFD for what is none.
void AppendUtf8(std::string& text, std::uint32_t code);
// The code point at the front of `text`, which is not empty, and its bytes. What is no UTF-8 is U+FFFD of one
// byte, as Go has it.
struct Rune {
  std::uint32_t code = 0xFFFD;
  std::size_t bytes = 1;
};
Rune FirstRune(std::string_view text);

}  // namespace loadline::collector
