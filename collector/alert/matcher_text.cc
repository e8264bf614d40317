// Reading matchers as people write them.
#include <fmt/core.h>

#include <cctype>
#include <optional>

#include "collector/alert/matcher.h"

namespace loadline::collector {
namespace {

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

std::unexpected<Error> Bad(std::string_view text, std::string_view why) {
  return Failure(ErrorKind::kInvalid, fmt::format("bad matcher '{}': {}", text, why));
}

// The end of the quoted string that begins at text[0], behind its closing quote; npos when there is none.
std::size_t QuotedEnd(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

std::string Unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char next = text[++i];
    if (next == 'n') {
      out += '\n';
    } else if (next == '"' || next == '\\') {
      out += next;
    } else {
      out += '\\';
      out += next;
    }
  }
  return out;
}

bool PlainName(std::string_view name) {
  for (const char c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != ':' && (c & 0x80) == 0) return false;
  }
  return !name.empty() && !std::isdigit(static_cast<unsigned char>(name[0]));
}

struct Sign {
  Matcher::Op op;
  std::size_t length;
};

std::optional<Sign> SignAt(std::string_view text) {
  if (text.starts_with("=~")) return Sign{Matcher::Op::kMatches, 2};
  if (text.starts_with("!~")) return Sign{Matcher::Op::kMatchesNot, 2};
  if (text.starts_with("!=")) return Sign{Matcher::Op::kNotEqual, 2};
  if (text.starts_with("=")) return Sign{Matcher::Op::kEqual, 1};
  return std::nullopt;
}

// Commas outside quotes separate.
std::vector<std::string_view> Split(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == ',' && !quoted) {
      parts.push_back(text.substr(start, i - start));
      start = i + 1;
    }
  }
  parts.push_back(text.substr(std::min(start, text.size())));
  return parts;
}

}  // namespace

Result<Matcher> ParseMatcher(std::string_view whole) {
  const std::string_view text = Trimmed(whole);
  std::string name;
  std::size_t behind = 0;
  if (text.starts_with('"')) {
    behind = QuotedEnd(text);
    if (behind == text.npos) return Bad(whole, "no closing quote");
    name = Unescaped(text.substr(1, behind - 2));
    if (name.empty()) return Bad(whole, "empty label name");
  } else {
    behind = std::min(text.find_first_of("=!"), text.size());
    name = Trimmed(text.substr(0, behind));
    if (!PlainName(name)) return Bad(whole, "no label name before the operator");
  }
  const std::string_view rest = Trimmed(text.substr(behind));
  const std::optional<Sign> sign = SignAt(rest);
  if (!sign) return Bad(whole, "expected one of = != =~ !~ after the label name");
  std::string_view value = Trimmed(rest.substr(sign->length));
  if (value.starts_with('"')) {
    if (QuotedEnd(value) != value.size()) return Bad(whole, "the quoted value does not end where it should");
    value = value.substr(1, value.size() - 2);
  } else if (value.find('"') != value.npos) {
    return Bad(whole, "a quote inside an unquoted value");
  }
  return Matcher::Make(std::move(name), sign->op, Unescaped(value));
}

Result<Matchers> ParseMatchers(std::string_view whole) {
  std::string_view text = Trimmed(whole);
  if (text.starts_with('{') != text.ends_with('}')) return Bad(whole, "a brace without its partner");
  if (text.starts_with('{')) text = Trimmed(text.substr(1, text.size() - 2));
  Matchers matchers;
  if (text.empty()) return matchers;
  const std::vector<std::string_view> parts = Split(text);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0 && i + 1 == parts.size() && Trimmed(parts[i]).empty()) break;  // a comma at the end is allowed
    Result<Matcher> matcher = ParseMatcher(parts[i]);
    if (!matcher) return Failure(matcher.error());
    matchers.push_back(std::move(*matcher));
  }
  return matchers;
}

}  // namespace loadline::collector
