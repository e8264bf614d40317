// Text of strangers among marks: what would begin one is written as an entity, as HTML and Slack's mrkdwn have them.
#pragma once

#include <string>
#include <string_view>

#include "schemas/base/printable.h"

namespace loadline::collector {

// Inside an attribute of HTML quotes would end it; Slack knows no entity for them.
enum class QuotesToo { kNo, kYes };

inline std::string WithEntities(std::string_view text, QuotesToo quotes) {
  const auto entity = [quotes](char c) -> const char* {
    switch (c) {
      case '&':
        return "&amp;";
      case '<':
        return "&lt;";
      case '>':
        return "&gt;";
      case '"':
        return quotes == QuotesToo::kYes ? "&quot;" : nullptr;
      case '\'':
        return quotes == QuotesToo::kYes ? "&#39;" : nullptr;
      default:
        return nullptr;
    }
  };
  std::string out;
  out.reserve(text.size());
  for (const char c : SpacedLines(text)) {
    if (const char* name = entity(c)) {
      out += name;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace loadline::collector
