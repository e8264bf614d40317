#include "collector/alert_text/html_place.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "schemas/base/text.h"

namespace loadline::collector {
namespace {

constexpr std::string_view kSpace = " \t\n\f\r";
constexpr std::array<std::string_view, 19> kUrlAttributes = {
    "action",     "archive", "background", "cite",     "classid",  "codebase", "data",
    "formaction", "href",    "icon",       "longdesc", "manifest", "poster",   "profile",
    "src",        "usemap",  "xmlns",      "srcset",   "ping"};

bool IsSpace(char c) {
  return kSpace.find(c) != std::string_view::npos;
}

bool IsLetter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0;
}

HtmlPlace::Holds HeldBy(std::string name) {
  if (name.starts_with("data-")) {
    name = name.substr(5);
  } else if (const std::size_t colon = name.find(':'); colon != std::string::npos) {
    if (name.starts_with("xmlns:")) return HtmlPlace::Holds::kUrl;
    name = name.substr(colon + 1);
  }
  if (name == "style") return HtmlPlace::Holds::kStyle;
  if (name.starts_with("on") || name == "srcdoc") return HtmlPlace::Holds::kScript;
  const bool url = std::ranges::find(kUrlAttributes, name) != kUrlAttributes.end() ||
                   name.find("src") != std::string::npos || name.find("uri") != std::string::npos ||
                   name.find("url") != std::string::npos;
  return url ? HtmlPlace::Holds::kUrl : HtmlPlace::Holds::kPlain;
}

// Behind the "<" or "</" of a tag and its name; 0: this is no tag.
std::size_t TagLength(std::string_view rest) {
  const std::size_t start = rest.starts_with("</") ? 2 : 1;
  if (rest.size() <= start || !IsLetter(rest[start])) return 0;
  std::size_t end = start;
  while (end < rest.size() &&
         (std::isalnum(static_cast<unsigned char>(rest[end])) != 0 || rest[end] == ':' || rest[end] == '-'))
    ++end;
  return end;
}

}  // namespace

std::string HtmlPlace::Follow(std::string_view piece) {
  std::string out;
  while (!piece.empty()) {
    std::size_t taken = 0;
    switch (where_) {
      case Where::kText:
        taken = InText(piece, out);
        break;
      case Where::kTitle:
      case Where::kScript:
      case Where::kStyle:
        taken = InRaw(piece, out);
        break;
      case Where::kComment:
        taken = InComment(piece);
        break;
      case Where::kValue:
        taken = InValue(piece, out);
        break;
      default:
        taken = InTag(piece, out);
    }
    piece.remove_prefix(taken);
  }
  return out;
}

std::size_t HtmlPlace::Copied(std::string_view rest, std::size_t count, std::string& out) {
  out += rest.substr(0, count);
  return count;
}

std::size_t HtmlPlace::InText(std::string_view rest, std::string& out) {
  if (rest[0] != '<') return Copied(rest, std::min(rest.find('<'), rest.size()), out);
  if (rest.starts_with("<!--")) {
    where_ = Where::kComment;
    return 4;
  }
  if (InLowerCase(rest.substr(0, 9)) == "<!doctype") return Copied(rest, 9, out);
  const std::size_t length = TagLength(rest);
  if (length == 0) {
    out += "&lt;";  // a sign that opens nothing
    return 1;
  }
  const std::string name = InLowerCase(rest.substr(1, length - 1));
  const bool raw = name == "script" || name == "style" || name == "title" || name == "textarea";
  element_ = raw ? name : "";
  where_ = Where::kTag;
  return Copied(rest, length, out);
}

// Up to the end tag of the element.
std::size_t HtmlPlace::InRaw(std::string_view rest, std::string& out) {
  const std::string end = "</" + element_;
  const std::size_t found = InLowerCase(rest).find(end);
  const std::size_t at = std::min(found, rest.size());
  if (where_ == Where::kTitle) {
    for (const char c : rest.substr(0, at)) c == '<' ? out += "&lt;" : out += c;
  } else {
    out += rest.substr(0, at);
  }
  if (found == std::string::npos) return rest.size();
  out += rest.substr(at, end.size());
  element_.clear();
  where_ = Where::kTag;
  return at + end.size();
}

std::size_t HtmlPlace::InComment(std::string_view rest) {
  const std::size_t end = rest.find("-->");
  if (end == std::string_view::npos) return rest.size();
  where_ = Where::kText;
  return end + 3;
}

void HtmlPlace::EndTag() {
  attribute_.clear();
  where_ = element_ == "script"  ? Where::kScript
           : element_ == "style" ? Where::kStyle
           : element_.empty()    ? Where::kText
                                 : Where::kTitle;
}

void HtmlPlace::NameEnds() {
  holds_ = HeldBy(InLowerCase(attribute_));
  url_begun_ = url_query_ = false;
}

std::size_t HtmlPlace::InTag(std::string_view rest, std::string& out) {
  const char c = rest[0];
  if (where_ == Where::kBeforeValue) {
    if (IsSpace(c)) return Copied(rest, 1, out);
    NameEnds();
    quote_ = c == '"' || c == '\'' ? c : ' ';
    where_ = Where::kValue;
    return quote_ == ' ' ? 0 : Copied(rest, 1, out);
  }
  if (c == '>') {
    EndTag();
  } else if (IsSpace(c)) {
    if (where_ == Where::kAttributeName) where_ = Where::kAfterName;
  } else if (c == '=' && (where_ == Where::kAttributeName || where_ == Where::kAfterName)) {
    where_ = Where::kBeforeValue;
  } else if (c == '/' && where_ != Where::kAttributeName) {
    where_ = Where::kTag;
  } else {
    if (where_ != Where::kAttributeName) attribute_.clear();
    attribute_ += c;
    where_ = Where::kAttributeName;
  }
  return Copied(rest, 1, out);
}

std::size_t HtmlPlace::InValue(std::string_view rest, std::string& out) {
  const std::size_t end = quote_ == ' ' ? rest.find_first_of(" \t\n\f\r>") : rest.find(quote_);
  const std::string_view value = rest.substr(0, end);
  if (value.find_first_of("?#") != std::string_view::npos) url_query_ = true;
  if (value.find_first_not_of(kSpace) != std::string_view::npos) url_begun_ = true;
  out += value;
  if (end == std::string_view::npos) return rest.size();
  const bool quoted = quote_ != ' ';
  attribute_.clear();
  quote_ = 0;
  where_ = Where::kTag;
  if (quoted) out += rest[end];
  return end + (quoted ? 1 : 0);
}

void HtmlPlace::Nudge() {
  if (where_ == Where::kBeforeValue) {
    NameEnds();
    quote_ = ' ';
    where_ = Where::kValue;
  } else if (where_ == Where::kAfterName) {
    where_ = Where::kTag;
  }
  if (where_ == Where::kTag) {
    attribute_.clear();
    where_ = Where::kAttributeName;
  }
}

}  // namespace loadline::collector
