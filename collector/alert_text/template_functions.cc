#include "collector/alert_text/template_functions.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "collector/alert_text/template_compare.h"
#include "collector/alert_text/template_format.h"
#include "collector/alert_text/template_literals.h"

namespace loadline::collector {
namespace {

[[noreturn]] void Fail(std::string words) {
  throw TemplateFault{.words = std::move(words)};
}

std::size_t IndexOf(const Value& value, std::size_t most) {
  const auto* number = std::get_if<IntValue>(&value);
  if (number == nullptr) Fail(fmt::format("a {} is no index", TypeName(value)));
  if (number->value < 0 || static_cast<std::size_t>(number->value) > most)
    Fail(fmt::format("index {} is out of range", number->value));
  return static_cast<std::size_t>(number->value);
}

Value Element(const Value& of, const Value& at) {
  if (const MarkedText* text = AsText(of)) {
    const std::size_t index = IndexOf(at, text->size());
    if (index == text->size()) Fail(fmt::format("index {} is out of range", index));
    return IntOf(static_cast<unsigned char>(text->bytes()[index]), IntValue::Kind::kByte);
  }
  if (const ValueList* list = AsList(of)) {
    const std::size_t index = IndexOf(at, list->items.size());
    if (index == list->items.size()) Fail(fmt::format("index {} is out of range", index));
    return list->items[index];
  }
  if (AsMap(of) == nullptr) Fail(fmt::format("a {} has no elements", TypeName(of)));
  const auto* key = std::get_if<TextValue>(&at);
  if (key == nullptr || key->kind != TextValue::Kind::kString)
    Fail(fmt::format("a {} is no key", TypeName(at)));
  return MapEntry(*AsMap(of), key->text->bytes());
}

Value Index(TemplateCall& call) {
  Value value = call.arguments[0];
  if (IsNothing(value)) Fail("nothing has no elements");
  for (std::size_t i = 1; i < call.arguments.size(); ++i) value = Element(value, call.arguments[i]);
  return value;
}

Value Slice(TemplateCall& call) {
  const Value& of = call.arguments[0];
  const MarkedText* text = AsText(of);
  const ValueList* list = AsList(of);
  if (text == nullptr && list == nullptr) Fail(fmt::format("a {} cannot be sliced", TypeName(of)));
  const std::size_t size = text != nullptr ? text->size() : list->items.size();
  const std::size_t most = text != nullptr ? 3 : 4;
  if (call.arguments.size() > most) Fail("too many indexes");
  std::array<std::size_t, 3> at = {0, size, size};
  for (std::size_t i = 1; i < call.arguments.size(); ++i) at[i - 1] = IndexOf(call.arguments[i], size);
  if (at[0] > at[1] || at[1] > at[2]) Fail(fmt::format("{} to {} is no range", at[0], at[1]));
  call.meter.ChargeBytes(at[1] - at[0]);
  if (text != nullptr) return TextOf(text->Part(at[0], at[1] - at[0]), std::get<TextValue>(of).kind);
  const auto begin = list->items.begin();
  call.meter.Charge(at[1] - at[0]);
  return ListOf(list->kind,
                {begin + static_cast<std::ptrdiff_t>(at[0]), begin + static_cast<std::ptrdiff_t>(at[1])});
}

Value Len(TemplateCall& call) {
  const Value& of = call.arguments[0];
  std::size_t size = 0;
  if (const MarkedText* text = AsText(of)) {
    size = text->size();
  } else if (const ValueList* list = AsList(of)) {
    size = list->items.size();
  } else if (const ValueMap* map = AsMap(of)) {
    size = map->entries.size();
  } else {
    Fail(fmt::format("a {} has no length", TypeName(of)));
  }
  return IntOf(static_cast<std::int64_t>(size));
}

Value Not(TemplateCall& call) {
  return !IsTrue(call.arguments[0]);
}

Value Eq(TemplateCall& call) {
  if (call.arguments.size() < 2) Fail("nothing to compare with");
  for (std::size_t i = 1; i < call.arguments.size(); ++i) {
    if (AreEqual(call.arguments[0], call.arguments[i], call.meter)) return true;
  }
  return false;
}

Value Ne(TemplateCall& call) {
  return !AreEqual(call.arguments[0], call.arguments[1], call.meter);
}

Value Lt(TemplateCall& call) {
  return IsLess(call.arguments[0], call.arguments[1], call.meter);
}

bool LessOrEqual(TemplateCall& call) {
  return IsLess(call.arguments[0], call.arguments[1], call.meter) ||
         AreEqual(call.arguments[0], call.arguments[1], call.meter);
}

Value Le(TemplateCall& call) {
  return LessOrEqual(call);
}

Value Gt(TemplateCall& call) {
  return !LessOrEqual(call);
}

Value Ge(TemplateCall& call) {
  return !IsLess(call.arguments[0], call.arguments[1], call.meter);
}

Value Print(TemplateCall& call) {
  return TextOf(Printed(call.arguments, call.meter));
}

Value PrintLine(TemplateCall& call) {
  return TextOf(PrintedLine(call.arguments, call.meter));
}

Value PrintBy(TemplateCall& call) {
  const std::span<const Value> values = std::span(call.arguments).subspan(1);
  return TextOf(PrintedBy(*AsText(call.arguments[0]), values, call.meter));
}

// What escapers are given, as one text.
MarkedText Joined(TemplateCall& call) {
  for (Value& value : call.arguments) {
    if (IsNothing(value)) value = TextOf(MarkedText("<no value>"));
  }
  MarkedText text = Printed(call.arguments, call.meter);
  call.meter.ChargeBytes(text.size());
  return text;
}

// Entities are no words of strangers any more: where they are written nothing is to be escaped in them.
Value Html(TemplateCall& call) {
  MarkedText out;
  Joined(call).EachPiece([&out](std::string_view piece, bool foreign) {
    for (const char c : piece) {
      const char* entity = c == '<'    ? "&lt;"
                           : c == '>'  ? "&gt;"
                           : c == '&'  ? "&amp;"
                           : c == '\'' ? "&#39;"
                           : c == '"'  ? "&#34;"
                           : c == '\0' ? "\uFFFD"
                                       : nullptr;
      entity != nullptr ? out.Append(entity, false) : out.Append({&c, 1}, foreign);
    }
  });
  return TextOf(std::move(out));
}

std::string ForScript(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Rune rune = FirstRune(text);
    const std::string_view piece = text.substr(0, rune.bytes);
    const char c = piece[0];
    if (c == '\\' || c == '\'' || c == '"') {
      out += '\\';
      out += c;
    } else if (rune.code < ' ' || std::string_view("<>&=").find(c) != std::string_view::npos) {
      out += fmt::format("\\u{:04X}", rune.code);
    } else {
      out += piece;
    }
    text.remove_prefix(rune.bytes);
  }
  return out;
}

Value Js(TemplateCall& call) {
  return TextOf(Joined(call).Mapped(ForScript));
}

std::string ForQuery(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                       std::string_view("-_.~").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : c == ' ' ? "+" : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

Value UrlQuery(TemplateCall& call) {
  return TextOf(Joined(call).Mapped(ForQuery));
}

Value Call(TemplateCall& call) {
  Fail(fmt::format("a {} is no function", TypeName(call.arguments[0])));
}

Value Unreached(TemplateCall& /*call*/) {
  return {};
}

constexpr TemplateFunction kBasic[] = {
    {"and", "a*a", Unreached},
    {"or", "a*a", Unreached},
    {"not", "a", Not},
    {"call", "a*a", Call},
    {"index", "a*a", Index},
    {"slice", "a*a", Slice},
    {"len", "a", Len},
    {"eq", "a*a", Eq},
    {"ne", "aa", Ne},
    {"lt", "aa", Lt},
    {"le", "aa", Le},
    {"gt", "aa", Gt},
    {"ge", "aa", Ge},
    {"print", "*a", Print},
    {"println", "*a", PrintLine},
    {"printf", "s*a", PrintBy},
    {"html", "*a", Html},
    {"js", "*a", Js},
    {"urlquery", "*a", UrlQuery},
};

}  // namespace

std::span<const TemplateFunction> BasicFunctions() {
  return kBasic;
}

const TemplateFunction* FunctionNamed(std::string_view name) {
  for (const auto functions : {BasicFunctions(), WordFunctions(), TimeFunctions()}) {
    const auto it = std::ranges::find(functions, name,
                                      [](const TemplateFunction& one) { return std::string_view(one.name); });
    if (it != functions.end()) return &*it;
  }
  return nullptr;
}

}  // namespace loadline::collector
