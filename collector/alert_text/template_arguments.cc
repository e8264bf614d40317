#include "collector/alert_text/template_arguments.h"

#include <fmt/core.h>

#include <string>
#include <utility>

#include "collector/alert_text/template_fault.h"

namespace loadline::collector {
namespace {

[[noreturn]] void Fail(std::string words) {
  throw TemplateFault{.words = std::move(words)};
}

bool Takes(char letter, const Value& value) {
  const auto* text = std::get_if<TextValue>(&value);
  const ValueList* list = AsList(value);
  switch (letter) {
    case 's':
      return text != nullptr && text->kind == TextValue::Kind::kString;
    case 't':
      return std::holds_alternative<TimeValue>(value);
    case 'd':
      return std::holds_alternative<SpanValue>(value);
    case 'i':
      return std::holds_alternative<IntValue>(value) &&
             std::get<IntValue>(value).kind == IntValue::Kind::kInt;
    case 'S':
      return IsNothing(value) || (list != nullptr && (list->kind == ValueList::Kind::kStrings ||
                                                      list->kind == ValueList::Kind::kStringSlice));
    case 'L':
      return IsNothing(value) || (list != nullptr && list->kind == ValueList::Kind::kAny);
    default:
      return true;
  }
}

const char* Wanted(char letter) {
  switch (letter) {
    case 's':
      return "string";
    case 't':
      return "time.Time";
    case 'd':
      return "time.Duration";
    case 'i':
      return "int";
    case 'S':
      return "[]string";
    default:
      return "[]interface {}";
  }
}

// Of what type the next of its arguments must be; goes on in `takes`.
char NextType(std::string_view& takes) {
  if (takes.starts_with('*')) return takes[1];
  const char letter = takes[0];
  takes.remove_prefix(1);
  return letter;
}

void CheckCount(const TemplateFunction& function, std::size_t given) {
  const std::string_view takes = function.takes;
  const std::size_t star = takes.find('*');
  const std::size_t least = star == std::string_view::npos ? takes.size() : star;
  if (given < least || (star == std::string_view::npos && given > least))
    Fail(fmt::format("takes {}{} arguments, not {}", star == std::string_view::npos ? "" : "at least ", least,
                     given));
}

Value Fitting(char letter, TemplateArgument argument) {
  if (argument.number != nullptr && letter == 'd' && argument.number->whole)
    return SpanValue{.nanoseconds = *argument.number->whole};
  if (argument.number != nullptr && letter == 'i' && argument.number->whole)
    return IntOf(*argument.number->whole);
  if (!Takes(letter, argument.value))
    Fail(fmt::format("expected a {}, not a {}", Wanted(letter), TypeName(argument.value)));
  return std::move(argument.value);
}

}  // namespace

void AddArguments(const TemplateFunction& function, std::vector<TemplateArgument> arguments,
                  TemplateCall& call) {
  CheckCount(function, arguments.size());
  std::string_view takes = function.takes;
  for (TemplateArgument& argument : arguments)
    call.arguments.push_back(Fitting(NextType(takes), std::move(argument)));
}

}  // namespace loadline::collector
