// What templates can call: Go's own functions, those of Alertmanager, and the methods of values.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/alert_text/template_meter.h"
#include "collector/alert_text/template_patterns.h"
#include "collector/alert_text/template_value.h"

namespace loadline::collector {

// The text of this label of the route, "" when it has none. Throws TemplateFault.
using RouteLabelOf = std::function<MarkedText(const std::string& name)>;

struct TemplateCall {
  std::vector<Value> arguments;  // of a method, its value before them
  TemplateMeter& meter;
  TemplatePatterns& patterns;
  const TimeValue& now;
  const RouteLabelOf& route_label;
};

struct TemplateFunction {
  const char* name;
  // What it takes, a letter each: s a string, t a time, d a span, i a whole number, a anything, S a list of
  // strings, L a list; * before the last: any number of it.
  const char* takes;
  // The arguments are as many and of such types. Throws TemplateFault.
  Value (*call)(TemplateCall& call);
};

// Null: there is none. `and` and `or` are here for their names: they look at no argument they do not need, so
// they are no calls.
const TemplateFunction* FunctionNamed(std::string_view name);
// A method of a value; null: it has none of this name.
const TemplateFunction* MethodOf(const Value& value, std::string_view name);
// A field of a record, or what stands under a key: of labels "" and of other mappings nothing where there is
// none. Throws TemplateFault where values of this type have no fields.
Value FieldOf(const Value& value, const std::string& name);

// By what they are about; FunctionNamed looks in all.
std::span<const TemplateFunction> BasicFunctions();  // index, len, printf, eq ...
std::span<const TemplateFunction> WordFunctions();   // toUpper, match, join ...
std::span<const TemplateFunction> TimeFunctions();   // date, tz, since ...
// Of MethodOf.
std::span<const TemplateFunction> MethodsOfTimes();
std::span<const TemplateFunction> MethodsOfSpans();

}  // namespace loadline::collector
