#include "collector/alert_text/template_lexer.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "collector/alert_text/template_fault.h"
#include "schemas/base/printable.h"

namespace loadline::collector {
namespace {

using Kind = TemplateToken::Kind;

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::array<std::string_view, 11> kKeywords = {
    "block", "break", "continue", "define", "else", "end", "if", "nil", "range", "template", "with"};

bool IsSpace(char c) {
  return kSpace.find(c) != std::string_view::npos;
}

// Letters beyond ASCII are letters too; which of them are none is not looked at.
bool IsNamePart(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '_' || byte >= 0x80;
}

bool IsDigit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<TemplateToken> All() {
    while (at_ < text_.size()) Text();
    Emit(Kind::kEnd, at_);
    return std::move(tokens_);
  }

 private:
  // Up to the next action, and that.
  void Text() {
    const std::size_t open = std::min(text_.find("{{", at_), text_.size());
    std::string_view piece = text_.substr(at_, open - at_);
    const bool action = open < text_.size();
    const bool trims = action && TrimsBefore(open + 2);
    const std::string_view kept = trims ? piece.substr(0, piece.find_last_not_of(kSpace) + 1) : piece;
    start_ = at_;
    if (!kept.empty()) Emit(Kind::kText, at_ + kept.size());
    MoveTo(open);
    if (!action) return;
    const std::size_t inside = open + (trims ? 4 : 2);
    if (text_.substr(inside).starts_with("/*")) {
      Comment(inside);
    } else {
      start_ = at_;
      Emit(Kind::kOpen, open + 2);
      MoveTo(inside);
      Action();
    }
  }
  void Comment(std::size_t inside) {
    const std::size_t end = text_.find("*/", inside + 2);
    if (end == std::string_view::npos) Fail("a comment is not closed");
    MoveTo(end + 2);
    if (!Close()) Fail("a comment ends before '}}'");
  }
  void Action() {
    parentheses_ = 0;
    while (true) {
      start_ = at_;
      if (ClosesAt(at_) > 0 && parentheses_ > 0) Fail("a parenthesis is not closed");
      const TemplateToken closing{.kind = Kind::kClose, .text = Rest().substr(0, 2), .line = line_};
      if (Close()) return tokens_.push_back(closing);
      if (at_ == text_.size()) Fail("'{{' without '}}'");
      Inside(text_[at_]);
    }
  }
  void Inside(char c) {
    if (IsSpace(c)) return Spaces();
    if (c == '"' || c == '\'') return Quoted(c);
    if (c == '`') return Raw();
    if (c == '$') return Name(Kind::kVariable);
    if (c == '.' && !IsDigit(Next())) return Name(Kind::kField);
    if (c == '.' || c == '+' || c == '-' || IsDigit(c)) return Number();
    if (IsNamePart(c)) return Word();
    Sign(c);
  }
  void Sign(char c) {
    if (c == '=') return Emit(Kind::kAssign, at_ + 1);
    if (c == ':' && Next() == '=') return Emit(Kind::kDeclare, at_ + 2);
    if (c == '|') return Emit(Kind::kPipe, at_ + 1);
    if (c == ',') return Emit(Kind::kComma, at_ + 1);
    if (c == '(') {
      ++parentheses_;
      return Emit(Kind::kOpenParenthesis, at_ + 1);
    }
    if (c != ')') Fail(fmt::format("'{}' is not understood", Cut(Rest(), 30)));
    if (--parentheses_ < 0) Fail("a parenthesis is closed that was not opened");
    Emit(Kind::kCloseParenthesis, at_ + 1);
  }
  // The space of " -}}" belongs to the end.
  void Spaces() {
    std::size_t end = at_;
    while (end < text_.size() && IsSpace(text_[end]) && ClosesAt(end) != 4) ++end;
    if (end > at_) Emit(Kind::kSpace, end);
  }
  void Quoted(char quote) {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote && text_[end] != '\n') end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size() || text_[end] == '\n') Fail("a string is not closed");
    Emit(quote == '"' ? Kind::kString : Kind::kCharacter, end + 1);
  }
  void Raw() {
    const std::size_t end = text_.find('`', at_ + 1);
    if (end == std::string_view::npos) Fail("a string is not closed");
    Emit(Kind::kString, end + 1);
  }
  // A field or a variable; the sign alone is the dot, or the data that the template began with.
  void Name(Kind kind) {
    const std::size_t end = NameEnd(at_ + 1);
    Emit(end == at_ + 1 && kind == Kind::kField ? Kind::kDot : kind, end);
  }
  void Word() {
    const std::size_t end = NameEnd(at_);
    const std::string_view word = text_.substr(at_, end - at_);
    if (std::ranges::find(kKeywords, word) != kKeywords.end()) return Emit(Kind::kKeyword, end);
    Emit(word == "true" || word == "false" ? Kind::kBool : Kind::kIdentifier, end);
  }
  // What a number is decides who reads it; here it is what looks like one.
  void Number() {
    std::size_t end = at_ + 1;
    const auto goes_on = [&](char c) {
      const char before = static_cast<char>(std::tolower(static_cast<unsigned char>(text_[end - 1])));
      const bool hex = text_.substr(at_, end - at_).find_first_of("xX") != std::string_view::npos;
      if ((c == '+' || c == '-') && ((before == 'e' && !hex) || before == 'p')) return true;
      return c == '.' || IsNamePart(c);
    };
    while (end < text_.size() && goes_on(text_[end])) ++end;
    if (end == at_ + 1 && !IsDigit(text_[at_])) Fail(fmt::format("'{}' is not understood", text_[at_]));
    Emit(Kind::kNumber, end);
  }

  // Behind the name that begins at `at`; what follows must not be a part of anything.
  std::size_t NameEnd(std::size_t at) const {
    std::size_t end = at;
    while (end < text_.size() && IsNamePart(text_[end])) ++end;
    const bool ends = end == text_.size() || IsSpace(text_[end]) || ClosesAt(end) > 0 ||
                      std::string_view(".,|:)(").find(text_[end]) != std::string_view::npos;
    if (!ends) Fail(fmt::format("'{}' is not understood", Cut(text_.substr(end), 30)));
    return end;
  }
  bool TrimsBefore(std::size_t at) const {
    return at + 1 < text_.size() && text_[at] == '-' && IsSpace(text_[at + 1]);
  }
  // Bytes of "}}" or " -}}" here; 0: neither.
  std::size_t ClosesAt(std::size_t at) const {
    const std::string_view rest = text_.substr(at);
    if (rest.starts_with("}}")) return 2;
    return rest.size() >= 4 && IsSpace(rest[0]) && rest.substr(1).starts_with("-}}") ? 4 : 0;
  }
  bool Close() {
    const std::size_t length = ClosesAt(at_);
    if (length == 0) return false;
    MoveTo(at_ + length);
    if (length == 4) MoveTo(std::min(text_.find_first_not_of(kSpace, at_), text_.size()));
    return true;
  }
  char Next() const { return at_ + 1 < text_.size() ? text_[at_ + 1] : '\0'; }
  std::string_view Rest() const { return text_.substr(at_); }
  void MoveTo(std::size_t at) {
    line_ += static_cast<std::size_t>(std::ranges::count(text_.substr(at_, at - at_), '\n'));
    at_ = at;
  }
  void Emit(Kind kind, std::size_t end) {
    tokens_.push_back({.kind = kind, .text = text_.substr(start_, end - start_), .line = line_});
    MoveTo(end);
  }
  [[noreturn]] void Fail(std::string words) const {
    throw TemplateFault{.words = std::move(words), .line = line_};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t start_ = 0;  // of the token
  std::size_t line_ = 1;
  int parentheses_ = 0;
  std::vector<TemplateToken> tokens_;
};

}  // namespace

std::vector<TemplateToken> TokensOf(std::string_view text) {
  return Lexer(text).All();
}

}  // namespace loadline::collector
