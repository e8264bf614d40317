// HtmlWriter: values within HTML.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "collector/alert_text/html_place.h"
#include "collector/alert_text/template_fault.h"
#include "collector/alert_text/template_literals.h"
#include "collector/alert_text/template_writer.h"
#include "schemas/base/text.h"

namespace loadline::collector {
namespace {

constexpr std::string_view kUnsafe = "ZgotmplZ";  // what Go's program writes in place of what is not safe

std::string_view Entity(char c) {
  switch (c) {
    case '\0':
      return "\uFFFD";
    case '"':
      return "&#34;";
    case '&':
      return "&amp;";
    case '\'':
      return "&#39;";
    case '+':
      return "&#43;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    default:
      return {};
  }
}

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const std::string_view entity = Entity(c);
    entity.empty() ? out += c : out += entity;
  }
  return out;
}

bool IsOddRune(std::uint32_t code) {
  return (code >= 0xFDD0 && code <= 0xFDEF) || (code >= 0xFFF0 && code <= 0xFFFF);
}

// For a value of an attribute that has no quotes around it.
std::string EscapedUnquoted(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Rune rune = FirstRune(text);
    const char c = text[0];
    if (c == '\0' || IsOddRune(rune.code)) {
      out += fmt::format("&#x{:x};", c == '\0' ? 0xFFFDU : rune.code);
    } else if (const std::string_view entity = Entity(c); !entity.empty()) {
      out += entity;
    } else if (std::string_view("\t\n\v\f\r =`").find(c) != std::string_view::npos) {
      out += fmt::format("&#{};", static_cast<int>(c));
    } else {
      out += text.substr(0, rune.bytes);
    }
    text.remove_prefix(rune.bytes);
  }
  return out;
}

bool IsSafeAddress(std::string_view url) {
  const std::size_t colon = url.find(':');
  if (colon == std::string_view::npos || url.substr(0, colon).find('/') != std::string_view::npos)
    return true;
  const std::string scheme = InLowerCase(url.substr(0, colon));
  return scheme == "http" || scheme == "https" || scheme == "mailto";
}

// As a part of an address: `whole` leaves what divides one, and what is escaped already.
std::string ForAddress(std::string_view text, bool whole) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    const bool divides = whole && std::string_view("!#$&*+,/:;=?@[]").find(c) != std::string_view::npos;
    const bool escaped = whole && c == '%' && i + 2 < text.size() &&
                         std::isxdigit(static_cast<unsigned char>(text[i + 1])) != 0 &&
                         std::isxdigit(static_cast<unsigned char>(text[i + 2])) != 0;
    out += plain || divides || escaped ? std::string(1, c)
                                       : fmt::format("%{:02x}", static_cast<unsigned char>(c));
  }
  return out;
}

// Without the backslashes by which a style writes signs: \2c and \;.
std::string WithoutStyleEscapes(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const char c = text[0];
    text.remove_prefix(1);
    if (c != '\\') {
      out += c;
      continue;
    }
    std::size_t digits = 0;
    while (digits < std::min<std::size_t>(text.size(), 6) &&
           std::isxdigit(static_cast<unsigned char>(text[digits])) != 0)
      ++digits;
    std::uint32_t code = 0;
    std::from_chars(text.data(), text.data() + digits, code, 16);
    if (digits > 0) {
      AppendUtf8(out, code);
    } else if (!text.empty()) {
      out += text[0];
      text.remove_prefix(1);
    }
    text.remove_prefix(digits);
    const bool space = !text.empty() && std::string_view(" \t\n\f\r").find(text[0]) != std::string_view::npos;
    if (digits > 0 && space) text.remove_prefix(1);
  }
  return out;
}

std::string ForStyle(const std::string& escaped) {
  const std::string text = WithoutStyleEscapes(escaped);
  if (text.find_first_of("\"'()/;@[\\]`{}<>") != std::string::npos || text.find('\0') != std::string::npos ||
      text.find("--") != std::string::npos)
    return std::string(kUnsafe);
  std::string letters;
  std::ranges::copy_if(text, std::back_inserter(letters),
                       [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; });
  letters = InLowerCase(letters);
  const bool runs =
      letters.find("expression") != std::string::npos || letters.find("mozbinding") != std::string::npos;
  return runs ? std::string(kUnsafe) : text;
}

// A name of an attribute that is a value: letters and digits alone.
std::string ForName(const std::string& text) {
  const std::string name = InLowerCase(text);
  const bool plain =
      !name.empty() && std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) != 0; });
  const bool acts = name.starts_with("on") || name == "style" || name == "srcdoc" || name == "href" ||
                    name.find("src") != std::string::npos;
  return plain && !acts ? name : std::string(kUnsafe);
}

class Html : public TemplateWriter {
 public:
  explicit Html(const TextEscape& escape) : escape_(escape) {}

  void Words(std::string_view words) override { out_ += place_.Follow(words); }
  void Put(const MarkedText& text, TextValue::Kind kind) override {
    using enum HtmlPlace::Where;
    place_.Nudge();
    switch (place_.where()) {
      case kText:
        return PutText(text, kind == TextValue::Kind::kHtml);
      case kTitle:
        return PutText(text, false);
      case kStyle:
        out_ += ForStyle(Seemly(text));
        return;
      case kComment:
        return;
      case kScript:
        throw TemplateFault{.words = "a value within a script"};
      case kValue:
        out_ += InAttribute(text, kind);
        return;
      default:
        out_ += ForName(Seemly(text));
    }
  }
  [[nodiscard]] std::size_t size() const override { return out_.size(); }
  [[nodiscard]] const std::string& text() override { return out_; }

 private:
  std::string Foreign(std::string_view piece) const { return escape_ ? escape_(piece) : std::string(piece); }
  // Without what strangers' words may not have anywhere.
  std::string Seemly(const MarkedText& text) const {
    std::string all;
    text.EachPiece(
        [&](std::string_view piece, bool foreign) { all += foreign ? Foreign(piece) : std::string(piece); });
    return all;
  }
  void PutText(const MarkedText& text, bool safe) {
    text.EachPiece([&](std::string_view piece, bool foreign) {
      if (safe && !(foreign && escape_)) {
        out_ += piece;
      } else {
        out_ += Escaped(foreign ? Foreign(piece) : std::string(piece));
      }
    });
  }
  std::string InAttribute(const MarkedText& text, TextValue::Kind kind) const {
    std::string value = Seemly(text);
    switch (place_.holds()) {
      case HtmlPlace::Holds::kScript:
        throw TemplateFault{.words = "a value within a script"};
      case HtmlPlace::Holds::kStyle:
        value = ForStyle(value);
        break;
      case HtmlPlace::Holds::kUrl:
        value = Address(text, std::move(value), kind == TextValue::Kind::kUrl);
        break;
      case HtmlPlace::Holds::kPlain:
        break;
    }
    if (!place_.unquoted()) return Escaped(value);
    return value.empty() ? std::string(kUnsafe) : EscapedUnquoted(value);
  }
  std::string Address(const MarkedText& text, std::string value, bool safe) const {
    const bool trusted = safe && !(text.AnyForeign() && escape_);
    if (place_.url_query()) return ForAddress(value, trusted);
    if (place_.url_begins() && !trusted && !IsSafeAddress(value)) return "#" + std::string(kUnsafe);
    return ForAddress(value, true);
  }

  const TextEscape& escape_;
  HtmlPlace place_;
  std::string out_;
};

}  // namespace

std::unique_ptr<TemplateWriter> HtmlWriter(const TextEscape& escape) {
  return std::make_unique<Html>(escape);
}

}  // namespace loadline::collector
