// Alertmanager's functions for words and lists: toUpper, match, join, toJson ...
#include <fmt/core.h>
#include <re2/re2.h>

#include <cstdlib>

#include "collector/alert_text/template_format.h"
#include "collector/alert_text/template_functions.h"
#include "collector/alert_text/template_letters.h"
#include "collector/alert_text/template_literals.h"
#include "schemas/base/text.h"

namespace loadline::collector {
namespace {

[[noreturn]] void Fail(std::string words) {
  throw TemplateFault{.words = std::move(words)};
}

const MarkedText& Text(const TemplateCall& call, std::size_t i) {
  const MarkedText& text = *AsText(call.arguments[i]);
  call.meter.ChargeBytes(text.size());
  return text;
}

Value ToUpper(TemplateCall& call) {
  return TextOf(Text(call, 0).Mapped(InCapitals));
}

Value ToLower(TemplateCall& call) {
  return TextOf(Text(call, 0).Mapped(InSmall));
}

// Words may go on over pieces of the template's and of strangers, so that it is a stranger's as a whole.
Value Title(TemplateCall& call) {
  const MarkedText& text = Text(call, 0);
  return TextOf(text.Became(AsTitle(text.bytes())));
}

Value TrimSpace(TemplateCall& call) {
  const MarkedText& text = Text(call, 0);
  const std::string_view all = text.bytes();
  const std::string_view kept = Trimmed(all);
  return TextOf(text.Part(static_cast<std::size_t>(kept.data() - all.data()), kept.size()));
}

Value Join(TemplateCall& call) {
  const MarkedText& separator = Text(call, 0);
  const ValueList* list = AsList(call.arguments[1]);
  if (list == nullptr) {
    if (IsNothing(call.arguments[1])) return TextOf(MarkedText());
    Fail(fmt::format("a {} is no list", TypeName(call.arguments[1])));
  }
  MarkedText out;
  for (const Value& item : list->items) {
    if (&item != list->items.data()) out.Append(separator);
    const MarkedText words = Printed({&item, 1}, call.meter);
    call.meter.ChargeBytes(words.size() + separator.size());
    out.Append(words);
  }
  return TextOf(std::move(out));
}

Value Match(TemplateCall& call) {
  const re2::RE2& pattern = call.patterns.Of(Text(call, 0).bytes(), call.meter);
  TemplatePatterns::ChargeSearch(pattern, Text(call, 1).size(), call.meter);
  return RE2::PartialMatch(AsText(call.arguments[1])->bytes(), pattern);
}

// $1, ${name} and $$ of a replacement.
class Replacement {
 public:
  Replacement(const MarkedText& words, const RE2& expression, TemplateMeter& meter)
      : words_(words), expression_(expression), meter_(meter) {}

  void AppendTo(MarkedText& out, const MarkedText& source,
                const std::vector<re2::StringPiece>& groups) const {
    const std::string_view words = words_.bytes();
    meter_.ChargeBytes(words.size());
    std::size_t at = 0;
    while (at < words.size()) {
      const std::size_t dollar = std::min(words.find('$', at), words.size());
      out.Append(words_.Part(at, dollar - at));
      at = dollar + 1;
      if (dollar == words.size()) return;
      const std::string_view rest = words.substr(at);
      const bool braces = rest.starts_with('{');
      std::size_t length = braces ? 1 : 0;
      while (length < rest.size() && IsNamePart(rest[length])) ++length;
      const std::string_view name = rest.substr(braces ? 1 : 0, length - (braces ? 1 : 0));
      if (rest.starts_with('$')) {
        out.Append(words_.Part(at, 1));
        ++at;
      } else if (name.empty() || (braces && (length == rest.size() || rest[length] != '}'))) {
        out.Append(words_.Part(dollar, 1));
      } else {
        AppendGroup(out, source, groups, std::string(name));
        at += length + (braces ? 1 : 0);
      }
    }
  }

 private:
  static bool IsNamePart(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return std::isalnum(byte) != 0 || c == '_' || byte >= 0x80;
  }
  void AppendGroup(MarkedText& out, const MarkedText& source, const std::vector<re2::StringPiece>& groups,
                   const std::string& name) const {
    std::size_t number = 0;
    if (name.find_first_not_of("0123456789") == std::string::npos) {
      number = name.size() < 4 ? std::strtoul(name.c_str(), nullptr, 10) : groups.size();
    } else {
      const auto& names = expression_.NamedCapturingGroups();
      const auto it = names.find(name);
      number = it == names.end() ? groups.size() : static_cast<std::size_t>(it->second);
    }
    if (number >= groups.size() || groups[number].data() == nullptr) return;
    const auto at = static_cast<std::size_t>(groups[number].data() - source.bytes().data());
    meter_.ChargeBytes(groups[number].size());
    out.Append(source.Part(at, groups[number].size()));
  }

  const MarkedText& words_;
  const RE2& expression_;
  TemplateMeter& meter_;
};

// As Go does it: a match of nothing counts unless it stands right behind another match.
Value ReReplaceAll(TemplateCall& call) {
  const MarkedText& source = Text(call, 2);
  const RE2& pattern = call.patterns.Of(Text(call, 0).bytes(), call.meter);
  const Replacement replacement(Text(call, 1), pattern, call.meter);
  const std::string& all = source.bytes();
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(pattern.NumberOfCapturingGroups()) + 1);
  MarkedText out;
  std::size_t written = 0;
  std::size_t from = 0;
  while (from <= all.size()) {
    const bool found =
        pattern.Match(all, from, all.size(), RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size()));
    const auto begin = found ? static_cast<std::size_t>(groups[0].data() - all.data()) : all.size();
    const std::size_t end = found ? begin + groups[0].size() : all.size();
    TemplatePatterns::ChargeSearch(pattern, end - from, call.meter);
    if (!found) break;
    out.Append(source.Part(written, begin - written));
    if (end > written || begin == 0) replacement.AppendTo(out, source, groups);
    written = end;
    const std::size_t width = from < all.size() ? FirstRune(std::string_view(all).substr(from)).bytes : 1;
    from = from + width > end ? from + width : end;
  }
  out.Append(source.Part(written));
  return TextOf(std::move(out));
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::string Unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = high >= 0 ? HexDigit(text[i + 2]) : -1;
    if (low < 0) Fail("a % without two digits");
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

Value UrlUnescape(TemplateCall& call) {
  const MarkedText& text = Text(call, 0);
  return TextOf(text.Became(Unescaped(text.bytes())));
}

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

Value Base64Encode(TemplateCall& call) {
  const MarkedText& text = Text(call, 0);
  std::string out;
  const std::string& bytes = text.bytes();
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      out += i + k > bytes.size() ? '=' : kAlphabet[(group >> (18 - 6 * k)) & 63];
  }
  return TextOf(text.Became(std::move(out)));
}

Value Base64Decode(TemplateCall& call) {
  const MarkedText& text = Text(call, 0);
  std::string bytes = text.bytes();
  std::erase_if(bytes, [](char c) { return c == '\n' || c == '\r'; });
  std::string out;
  if (bytes.size() % 4 != 0) Fail("this is no base64");
  for (std::size_t i = 0; i < bytes.size(); i += 4) {
    std::uint32_t group = 0;
    std::size_t padding = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const std::size_t digit = kAlphabet.find(bytes[i + k]);
      if (bytes[i + k] == '=' && k >= 2 && i + 4 == bytes.size())
        ++padding;
      else if (digit == std::string_view::npos || padding > 0)
        Fail("this is no base64");
      group = group << 6 | static_cast<std::uint32_t>(digit == std::string_view::npos ? 0 : digit);
    }
    for (std::size_t k = 0; k < 3 - padding; ++k) out += static_cast<char>((group >> (16 - 8 * k)) & 0xFF);
  }
  return TextOf(text.Became(std::move(out)));
}

Value SafeHtml(TemplateCall& call) {
  return TextOf(Text(call, 0), TextValue::Kind::kHtml);
}

Value SafeUrl(TemplateCall& call) {
  return TextOf(Text(call, 0), TextValue::Kind::kUrl);
}

Value StringSlice(TemplateCall& call) {
  call.meter.Charge(call.arguments.size());
  return ListOf(ValueList::Kind::kStringSlice, call.arguments);
}

Value List(TemplateCall& call) {
  call.meter.Charge(call.arguments.size());
  return ListOf(ValueList::Kind::kAny, call.arguments);
}

Value Append(TemplateCall& call) {
  std::vector<Value> items;
  if (const ValueList* list = AsList(call.arguments[0])) items = list->items;
  items.insert(items.end(), call.arguments.begin() + 1, call.arguments.end());
  call.meter.Charge(items.size());
  return ListOf(ValueList::Kind::kAny, std::move(items));
}

Value Dict(TemplateCall& call) {
  if (call.arguments.size() % 2 != 0) Fail("a key without a value");
  std::map<std::string, ValueMap::Entry> entries;
  for (std::size_t i = 0; i < call.arguments.size(); i += 2) {
    const MarkedText* key = AsText(call.arguments[i]);
    if (key == nullptr) Fail("a key that is no string");
    call.meter.ChargeBytes(key->size());
    entries[key->bytes()] = {.name = *key, .value = call.arguments[i + 1]};
  }
  return MapOf(ValueMap::Kind::kAny, std::move(entries));
}

Value ToJson(TemplateCall& call) {
  return TextOf(JsonOf(call.arguments[0], call.meter));
}

Value RouteLabel(TemplateCall& call) {
  return TextOf(call.route_label(AsText(call.arguments[0])->bytes()));
}

constexpr TemplateFunction kWords[] = {
    {"toUpper", "s", ToUpper},
    {"toLower", "s", ToLower},
    {"title", "s", Title},
    {"trimSpace", "s", TrimSpace},
    {"join", "sa", Join},
    {"match", "ss", Match},
    {"reReplaceAll", "sss", ReReplaceAll},
    {"urlUnescape", "s", UrlUnescape},
    {"base64encode", "s", Base64Encode},
    {"base64decode", "s", Base64Decode},
    {"safeHtml", "s", SafeHtml},
    {"safeUrl", "s", SafeUrl},
    {"stringSlice", "*s", StringSlice},
    {"list", "*a", List},
    {"append", "L*a", Append},
    {"dict", "*a", Dict},
    {"toJson", "a", ToJson},
    {"routeLabels", "s", RouteLabel},
};

}  // namespace

std::span<const TemplateFunction> WordFunctions() {
  return kWords;
}

}  // namespace loadline::collector
