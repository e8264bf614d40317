#include "collector/alert_text/template_value.h"

#include <algorithm>

#include "collector/alert_text/template_fault.h"

namespace loadline::collector {
namespace {

constexpr int kDeepest = 32;

int DepthOf(const Value& value) {
  if (const ValueList* list = AsList(value)) return list->depth;
  if (const ValueMap* map = AsMap(value)) return map->depth;
  return 0;
}

int Deeper(int depth) {
  if (depth >= kDeepest) throw TemplateFault{.words = "lists within lists are too deep"};
  return depth + 1;
}

template <typename T>
const T* Pointed(const Value& value) {
  const auto* pointer = std::get_if<std::shared_ptr<const T>>(&value);
  return pointer == nullptr ? nullptr : pointer->get();
}

std::string ListName(ValueList::Kind kind) {
  switch (kind) {
    case ValueList::Kind::kAlerts:
      return "template.Alerts";
    case ValueList::Kind::kAlertSlice:
      return "[]template.Alert";
    case ValueList::Kind::kPairs:
      return "template.Pairs";
    case ValueList::Kind::kStrings:
      return "template.Strings";
    case ValueList::Kind::kStringSlice:
      return "[]string";
    case ValueList::Kind::kAny:
      break;
  }
  return "[]interface {}";
}

std::string IntName(IntValue::Kind kind) {
  switch (kind) {
    case IntValue::Kind::kInt64:
      return "int64";
    case IntValue::Kind::kByte:
      return "uint8";
    case IntValue::Kind::kMonth:
      return "time.Month";
    case IntValue::Kind::kWeekday:
      return "time.Weekday";
    case IntValue::Kind::kInt:
      break;
  }
  return "int";
}

std::string RecordName(ValueRecord::Kind kind) {
  switch (kind) {
    case ValueRecord::Kind::kData:
      return "template.Data";
    case ValueRecord::Kind::kAlert:
      return "template.Alert";
    case ValueRecord::Kind::kPair:
      break;
  }
  return "template.Pair";
}

}  // namespace

Value TextOf(MarkedText text, TextValue::Kind kind) {
  return TextValue{.text = std::make_shared<const MarkedText>(std::move(text)), .kind = kind};
}

Value IntOf(std::int64_t value, IntValue::Kind kind) {
  return IntValue{.value = value, .kind = kind};
}

Value ListOf(ValueList::Kind kind, std::vector<Value> items) {
  int depth = 0;
  for (const Value& item : items) depth = std::max(depth, DepthOf(item));
  return std::make_shared<const ValueList>(
      ValueList{.kind = kind, .items = std::move(items), .depth = Deeper(depth)});
}

Value MapOf(ValueMap::Kind kind, std::map<std::string, ValueMap::Entry> entries) {
  int depth = 0;
  for (const auto& [name, entry] : entries) depth = std::max(depth, DepthOf(entry.value));
  return std::make_shared<const ValueMap>(
      ValueMap{.kind = kind, .entries = std::move(entries), .depth = Deeper(depth)});
}

const MarkedText* AsText(const Value& value) {
  const auto* text = std::get_if<TextValue>(&value);
  return text == nullptr ? nullptr : text->text.get();
}

const ValueList* AsList(const Value& value) {
  return Pointed<ValueList>(value);
}

const ValueMap* AsMap(const Value& value) {
  return Pointed<ValueMap>(value);
}

const ValueRecord* AsRecord(const Value& value) {
  return Pointed<ValueRecord>(value);
}

bool IsNothing(const Value& value) {
  return std::holds_alternative<std::monostate>(value);
}

bool IsTrue(const Value& value) {
  if (const bool* truth = std::get_if<bool>(&value)) return *truth;
  if (const auto* number = std::get_if<IntValue>(&value)) return number->value != 0;
  if (const double* number = std::get_if<double>(&value)) return *number != 0;
  if (const auto* span = std::get_if<SpanValue>(&value)) return span->nanoseconds != 0;
  if (const MarkedText* text = AsText(value)) return !text->empty();
  if (const ValueList* list = AsList(value)) return !list->items.empty();
  if (const ValueMap* map = AsMap(value)) return !map->entries.empty();
  return !IsNothing(value);  // records and times are always true
}

std::string TypeName(const Value& value) {
  if (std::holds_alternative<bool>(value)) return "bool";
  if (const auto* number = std::get_if<IntValue>(&value)) return IntName(number->kind);
  if (std::holds_alternative<double>(value)) return "float64";
  if (std::holds_alternative<SpanValue>(value)) return "time.Duration";
  if (std::holds_alternative<TimeValue>(value)) return "time.Time";
  if (const auto* text = std::get_if<TextValue>(&value)) {
    if (text->kind == TextValue::Kind::kHtml) return "template.HTML";
    return text->kind == TextValue::Kind::kUrl ? "template.URL" : "string";
  }
  if (const ValueList* list = AsList(value)) return ListName(list->kind);
  if (const ValueRecord* record = AsRecord(value)) return RecordName(record->kind);
  if (const ValueMap* map = AsMap(value))
    return map->kind == ValueMap::Kind::kLabels ? "template.KV" : "map[string]interface {}";
  return "<nil>";
}

std::vector<const ValueMap::Entry*> SortedLabels(const ValueMap& labels) {
  std::vector<const ValueMap::Entry*> sorted;
  const auto first = labels.entries.find("alertname");
  if (first != labels.entries.end()) sorted.push_back(&first->second);
  for (auto it = labels.entries.begin(); it != labels.entries.end(); ++it) {
    if (it != first) sorted.push_back(&it->second);
  }
  return sorted;
}

}  // namespace loadline::collector
