// Reading matchers as people write them: first as Alertmanager always has, then by the stricter rules that it
// has beside them since labels may have any name. What both understand means what it always has.
#include <fmt/core.h>

#include <cctype>
#include <optional>
#include <string>
#include <vector>

#include "collector/match/matcher.h"
#include "collector/match/matcher_utf8.h"
#include "collector/match/utf8.h"
#include "schemas/base/text.h"

namespace loadline::collector {
namespace {

std::unexpected<Error> Bad(std::string_view text, std::string_view why) {
  return Failure(ErrorKind::kInvalid, fmt::format("bad matcher '{}': {}", text, why));
}

std::size_t NameLength(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size()) {
    const auto c = static_cast<unsigned char>(text[length]);
    const bool letter = c < 0x80 && (std::isalpha(c) != 0 || c == '_' || c == ':');
    if (!letter && (length == 0 || std::isdigit(c) == 0)) break;
    ++length;
  }
  return length;
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

// \n, \" and \\ are escapes, with quotes and without; any other backslash is one. A quote stands at both ends
// or is escaped. Nothing: a quote where none may be.
std::optional<std::string> Value(std::string_view text) {
  bool quoted = text.starts_with('"');
  if (quoted) text.remove_prefix(1);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      if (!quoted || i + 1 < text.size()) return std::nullopt;
      quoted = false;
    } else if (c != '\\' || i + 1 == text.size()) {
      out += c;
    } else {
      const char next = text[++i];
      if (next != 'n' && next != '"' && next != '\\') out += '\\';
      out += next == 'n' ? '\n' : next;
    }
  }
  return quoted ? std::nullopt : std::optional(out);
}

Result<Matcher> ParseClassic(std::string_view whole) {
  const std::string_view text = Trimmed(whole);
  const std::size_t length = NameLength(text);
  if (length == 0) return Bad(whole, "no label name before the operator");
  const std::string_view rest = Trimmed(text.substr(length));
  const std::optional<Sign> sign = SignAt(rest);
  if (!sign) return Bad(whole, "expected one of = != =~ !~ after the label name");
  const std::string_view raw = Trimmed(rest.substr(sign->length));
  if (!IsUtf8(raw)) return Bad(whole, "the value is no UTF-8");
  std::optional<std::string> value = Value(raw);
  if (!value) return Bad(whole, "a quote in the value that is neither escaped nor around all of it");
  return Matcher::Make(std::string(text.substr(0, length)), sign->op, std::move(*value));
}

// Commas outside quotes separate. What is between them may be empty, and is then no matcher; only at the end
// that is allowed.
std::vector<std::string_view> Split(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t start = 0;
  bool quoted = false;
  bool escaped = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ',' && !quoted) {
      parts.push_back(text.substr(start, i - start));
      start = i + 1;
    }
    if (text[i] == '"' && !escaped) quoted = !quoted;
    escaped = text[i] == '\\' && !escaped;
  }
  if (const std::string_view last = text.substr(start); !Trimmed(last).empty()) parts.push_back(last);
  return parts;
}

// A brace more or less at the ends has never been minded.
Result<Matchers> ParseAllClassic(std::string_view whole) {
  std::string_view text = whole;
  if (text.starts_with('{')) text.remove_prefix(1);
  if (text.ends_with('}')) text.remove_suffix(1);
  Matchers matchers;
  for (const std::string_view part : Split(text)) {
    Result<Matcher> matcher = ParseClassic(part);
    if (!matcher) return Failure(matcher.error());
    matchers.push_back(std::move(*matcher));
  }
  return matchers;
}

}  // namespace

Result<Matcher> ParseMatcher(std::string_view whole) {
  Result<Matcher> classic = ParseClassic(whole);
  if (classic) return classic;
  Result<Matcher> strict = ParseUtf8Matcher(whole);
  return strict ? std::move(strict) : std::move(classic);
}

Result<Matchers> ParseMatchers(std::string_view whole) {
  Result<Matchers> classic = ParseAllClassic(Trimmed(whole));
  if (classic) return classic;
  Result<Matchers> strict = ParseUtf8Matchers(whole);
  return strict ? std::move(strict) : std::move(classic);
}

}  // namespace loadline::collector
