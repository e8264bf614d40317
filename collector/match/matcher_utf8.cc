#include "collector/match/matcher_utf8.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <optional>
#include <string>

#include "collector/match/utf8.h"
#include "schemas/base/text.h"

namespace loadline::collector {
namespace {

constexpr std::string_view kReserved = "{}!=~,\\\"'` \t\n\v\f\r";

// Go's one-letter escapes.
std::optional<char> Letter(char escape) {
  constexpr std::string_view kNames = "abfnrtv\\\"";
  constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\\"";
  const std::size_t at = kNames.find(escape);
  return at == std::string_view::npos ? std::nullopt : std::optional(kMeanings[at]);
}

class Reader {
 public:
  explicit Reader(std::string_view text) : whole_(text), rest_(text) { Skip(); }

  Result<Matcher> One() {
    Result<std::string> name = Word("a label name");
    if (!name) return Failure(name.error());
    if (name->empty()) return Bad("an empty label name");
    std::optional<Matcher::Op> op = Operator();
    if (!op) return Bad("expected one of = != =~ !~ after the label name");
    Result<std::string> value = Word("a value");
    if (!value) return Failure(value.error());
    return Matcher::Make(std::move(*name), *op, std::move(*value));
  }

  Result<Matchers> All() {
    const bool braces = Take("{");
    Matchers matchers;
    while (!rest_.empty() && rest_.front() != '}') {
      Result<Matcher> matcher = One();
      if (!matcher) return Failure(matcher.error());
      matchers.push_back(std::move(*matcher));
      if (!Take(",")) break;
    }
    if (Take("}") != braces) return Bad("a brace without its partner");
    if (!rest_.empty()) return Bad("a comma is missing");
    return matchers;
  }

  [[nodiscard]] bool AtEnd() const { return rest_.empty(); }
  [[nodiscard]] std::unexpected<Error> Bad(std::string_view why) const {
    return Failure(ErrorKind::kInvalid, fmt::format("bad matcher '{}': {}", whole_, why));
  }

 private:
  void Skip() { rest_.remove_prefix(std::min(rest_.find_first_not_of(kWhiteSpace), rest_.size())); }

  bool Take(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    Skip();
    return true;
  }

  std::optional<Matcher::Op> Operator() {
    using Op = Matcher::Op;
    for (const auto& [sign, op] : std::array<std::pair<const char*, Op>, 4>{
             {{"=~", Op::kMatches}, {"!~", Op::kMatchesNot}, {"!=", Op::kNotEqual}, {"=", Op::kEqual}}}) {
      if (Take(sign)) return op;
    }
    return std::nullopt;
  }

  Result<std::string> Word(std::string_view what) {
    if (rest_.starts_with('"')) return Quoted();
    const std::size_t length = std::min(rest_.find_first_of(kReserved), rest_.size());
    if (length == 0) return Bad(fmt::format("expected {}", what));
    std::string word(rest_.substr(0, length));
    rest_.remove_prefix(length);
    Skip();
    if (!IsUtf8(word)) return Bad("no UTF-8");
    return word;
  }

  Result<std::string> Quoted() {
    std::string out;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      const char c = rest_[i];
      if (c == '\n') break;
      if (c == '"') {
        rest_.remove_prefix(i + 1);
        Skip();
        if (!IsUtf8(out)) return Bad("no UTF-8");
        return out;
      }
      if (c != '\\') {
        out += c;
      } else if (!Escape(i, out)) {
        return Bad("an unknown escape");
      }
    }
    return Bad("no closing quote");
  }

  // `i` is at the backslash, and afterwards at the last character of the escape.
  bool Escape(std::size_t& i, std::string& out) {
    if (++i == rest_.size()) return false;
    if (const std::optional<char> letter = Letter(rest_[i])) {
      out += *letter;
      return true;
    }
    const std::size_t digits = rest_[i] == 'x' ? 2 : rest_[i] == 'u' ? 4 : rest_[i] == 'U' ? 8 : 0;
    if (digits == 0 || i + digits >= rest_.size()) return false;
    std::uint32_t code = 0;
    const char* begin = rest_.data() + i + 1;
    const auto [end, error] = std::from_chars(begin, begin + digits, code, 16);
    if (error != std::errc() || end != begin + digits) return false;
    i += digits;
    if (digits == 2) {
      out += static_cast<char>(code);
      return true;
    }
    return AppendUtf8(code, out);
  }

  const std::string_view whole_;
  std::string_view rest_;
};

}  // namespace

Result<Matcher> ParseUtf8Matcher(std::string_view text) {
  Reader reader(text);
  Result<Matcher> matcher = reader.One();
  if (matcher && !reader.AtEnd()) return reader.Bad("more than one matcher");
  return matcher;
}

Result<Matchers> ParseUtf8Matchers(std::string_view text) {
  return Reader(text).All();
}

}  // namespace loadline::collector
