// Values of templates, with the types that Go's programs tell apart: what may be compared, looped over and
// printed how depends on them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "collector/alert_text/marked_text.h"
#include "collector/calendar/time_zone.h"

namespace loadline::collector {

struct ValueList;
struct ValueMap;
struct ValueRecord;

struct TextValue {
  enum class Kind { kString, kHtml, kUrl };  // what safeHtml and safeUrl give is written as it is
  std::shared_ptr<const MarkedText> text;
  Kind kind = Kind::kString;
};

struct IntValue {
  enum class Kind { kInt, kInt64, kByte, kMonth, kWeekday };
  std::int64_t value = 0;
  Kind kind = Kind::kInt;
};

struct SpanValue {
  std::int64_t nanoseconds = 0;
};

// A time of any year, as alerts that still fire end in the year 1, where it is shown.
struct TimeValue {
  std::int64_t seconds = 0;  // since 1970
  std::int64_t nanoseconds = 0;
  TimeZone zone{};
  std::int64_t fixed_offset = 0;  // in seconds, of a time that was given with one; then `zone` is UTC
};

// monostate: nothing, Go's nil.
using Value = std::variant<std::monostate, bool, IntValue, double, TextValue, TimeValue, SpanValue,
                           std::shared_ptr<const ValueList>, std::shared_ptr<const ValueMap>,
                           std::shared_ptr<const ValueRecord>>;

struct ValueList {
  enum class Kind { kAlerts, kAlertSlice, kPairs, kStrings, kStringSlice, kAny };
  Kind kind = Kind::kAny;
  std::vector<Value> items;
  int depth = 1;  // of lists and mappings within one another
};

struct ValueMap {
  enum class Kind { kLabels, kAny };
  struct Entry {
    MarkedText name;
    Value value;
  };
  Kind kind = Kind::kAny;
  std::map<std::string, Entry> entries;
  int depth = 1;
};

struct ValueRecord {
  enum class Kind { kData, kAlert, kPair };
  struct Field {
    const char* name;
    const char* json;  // its name for toJson
    Value value;
  };
  Kind kind = Kind::kPair;
  std::vector<Field> fields;
};

using ListPtr = std::shared_ptr<const ValueList>;
using MapPtr = std::shared_ptr<const ValueMap>;
using RecordPtr = std::shared_ptr<const ValueRecord>;

Value TextOf(MarkedText text, TextValue::Kind kind = TextValue::Kind::kString);
Value IntOf(std::int64_t value, IntValue::Kind kind = IntValue::Kind::kInt);
// Throw TemplateFault when lists and mappings are nested too deeply.
Value ListOf(ValueList::Kind kind, std::vector<Value> items);
Value MapOf(ValueMap::Kind kind, std::map<std::string, ValueMap::Entry> entries);

// Null where the value is none.
const MarkedText* AsText(const Value& value);  // of any kind of text
const ValueList* AsList(const Value& value);
const ValueMap* AsMap(const Value& value);
const ValueRecord* AsRecord(const Value& value);
bool IsNothing(const Value& value);

// What `if` makes of it.
bool IsTrue(const Value& value);
// "string", "template.KV", "time.Time": Go's name.
std::string TypeName(const Value& value);
// The labels' mapping as pairs, alertname first, the others by name.
std::vector<const ValueMap::Entry*> SortedLabels(const ValueMap& labels);

}  // namespace loadline::collector
