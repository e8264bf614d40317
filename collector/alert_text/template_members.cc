// Fields and methods of values: what stands behind a dot.
#include <fmt/core.h>

#include <algorithm>

#include "collector/alert_text/template_compare.h"
#include "collector/alert_text/template_format.h"
#include "collector/alert_text/template_functions.h"

namespace loadline::collector {
namespace {

// Labels and lists.
Value SortedPairs(TemplateCall& call) {
  std::vector<Value> pairs;
  for (const ValueMap::Entry* entry : SortedLabels(*AsMap(call.arguments[0]))) {
    call.meter.Charge(1);
    pairs.emplace_back(std::make_shared<const ValueRecord>(
        ValueRecord{.kind = ValueRecord::Kind::kPair,
                    .fields = {{"Name", "Name", TextOf(entry->name)}, {"Value", "Value", entry->value}}}));
  }
  return ListOf(ValueList::Kind::kPairs, std::move(pairs));
}

Value FieldsOfPairs(TemplateCall& call, std::size_t field) {
  std::vector<Value> items;
  for (const Value& pair : AsList(call.arguments[0])->items)
    items.push_back(AsRecord(pair)->fields[field].value);
  call.meter.Charge(items.size());
  return ListOf(ValueList::Kind::kStrings, std::move(items));
}

Value NamesOfPairs(TemplateCall& call) {
  return FieldsOfPairs(call, 0);
}

Value ValuesOfPairs(TemplateCall& call) {
  return FieldsOfPairs(call, 1);
}

Value Names(TemplateCall& call) {
  call.arguments[0] = SortedPairs(call);
  return FieldsOfPairs(call, 0);
}

Value Values(TemplateCall& call) {
  call.arguments[0] = SortedPairs(call);
  return FieldsOfPairs(call, 1);
}

Value Remove(TemplateCall& call) {
  std::map<std::string, ValueMap::Entry> left = AsMap(call.arguments[0])->entries;
  call.meter.Charge(left.size());
  if (const ValueList* names = AsList(call.arguments[1])) {
    call.meter.Charge(names->items.size());
    for (const Value& name : names->items) left.erase(AsText(name)->bytes());
  }
  return MapOf(ValueMap::Kind::kLabels, std::move(left));
}

Value AsWords(TemplateCall& call) {
  return TextOf(Written(call.arguments[0], call.meter));
}

Value JoinStrings(TemplateCall& call) {
  MarkedText out;
  const auto& items = AsList(call.arguments[0])->items;
  for (const Value& item : items) {
    if (&item != items.data()) out.Append(*AsText(call.arguments[1]));
    out.Append(*AsText(item));
    call.meter.ChargeBytes(AsText(item)->size() + AsText(call.arguments[1])->size());
  }
  return TextOf(std::move(out));
}

Value AlertsThat(TemplateCall& call, std::string_view status) {
  std::vector<Value> found;
  for (const Value& alert : AsList(call.arguments[0])->items) {
    call.meter.Charge(1);
    if (AsText(AsRecord(alert)->fields[0].value)->bytes() == status) found.push_back(alert);
  }
  return ListOf(ValueList::Kind::kAlertSlice, std::move(found));
}

Value Firing(TemplateCall& call) {
  return AlertsThat(call, "firing");
}

Value Resolved(TemplateCall& call) {
  return AlertsThat(call, "resolved");
}

constexpr TemplateFunction kOfLabels[] = {
    {"SortedPairs", "", SortedPairs}, {"Names", "", Names},    {"Values", "", Values},
    {"Remove", "S", Remove},          {"String", "", AsWords},
};
constexpr TemplateFunction kOfPairs[] = {
    {"Names", "", NamesOfPairs}, {"Values", "", ValuesOfPairs}, {"String", "", AsWords}};
constexpr TemplateFunction kOfStrings[] = {{"Join", "s", JoinStrings}};
constexpr TemplateFunction kOfAlerts[] = {{"Firing", "", Firing}, {"Resolved", "", Resolved}};
constexpr TemplateFunction kOfNumbers[] = {{"String", "", AsWords}};  // months and days of the week

std::span<const TemplateFunction> MethodsOfList(ValueList::Kind kind) {
  if (kind == ValueList::Kind::kAlerts) return kOfAlerts;
  if (kind == ValueList::Kind::kPairs) return kOfPairs;
  if (kind == ValueList::Kind::kStrings) return kOfStrings;
  return {};
}

std::span<const TemplateFunction> MethodsOf(const Value& value) {
  if (std::holds_alternative<TimeValue>(value)) return MethodsOfTimes();
  if (std::holds_alternative<SpanValue>(value)) return MethodsOfSpans();
  if (const ValueList* list = AsList(value)) return MethodsOfList(list->kind);
  if (const ValueMap* map = AsMap(value); map != nullptr && map->kind == ValueMap::Kind::kLabels)
    return kOfLabels;
  const auto* number = std::get_if<IntValue>(&value);
  const bool named = number != nullptr &&
                     (number->kind == IntValue::Kind::kMonth || number->kind == IntValue::Kind::kWeekday);
  return named ? std::span<const TemplateFunction>(kOfNumbers) : std::span<const TemplateFunction>();
}

}  // namespace

const TemplateFunction* MethodOf(const Value& value, std::string_view name) {
  const auto methods = MethodsOf(value);
  const auto it = std::ranges::find(methods, name,
                                    [](const TemplateFunction& one) { return std::string_view(one.name); });
  return it == methods.end() ? nullptr : &*it;
}

Value FieldOf(const Value& value, const std::string& name) {
  if (const ValueMap* map = AsMap(value)) return MapEntry(*map, name);
  if (const ValueRecord* record = AsRecord(value)) {
    const auto it = std::ranges::find(
        record->fields, name, [](const ValueRecord::Field& field) { return std::string_view(field.name); });
    if (it != record->fields.end()) return it->value;
  }
  throw TemplateFault{.words = fmt::format("a {} has no '.{}'", TypeName(value), name)};
}

}  // namespace loadline::collector
