// A template as tokens: text outside of {{ }}, and within it words, signs and the spaces between them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace loadline::collector {

struct TemplateToken {
  enum class Kind {
    kText,        // outside of actions, trimmed as {{- and -}} ask for
    kOpen,        // {{
    kClose,       // }}
    kSpace,       // between two others
    kDot,         // .
    kField,       // .Labels
    kVariable,    // $ or $name
    kIdentifier,  // a function's name
    kKeyword,     // if, range, nil ...
    kBool,
    kNumber,
    kCharacter,  // 'a'
    kString,     // with its quotes, " or `
    kPipe,
    kOpenParenthesis,
    kCloseParenthesis,
    kAssign,   // =
    kDeclare,  // :=
    kComma,
    kEnd,
  };
  Kind kind = Kind::kEnd;
  std::string_view text{};  // a part of the template
  std::size_t line = 1;
};

// Ends with kEnd. The template must outlive the tokens. Throws TemplateFault.
std::vector<TemplateToken> TokensOf(std::string_view text);

}  // namespace loadline::collector
