#include "collector/alert_text/template_compare.h"

#include <fmt/core.h>

#include "collector/alert_text/template_time.h"

namespace loadline::collector {
namespace {

// Values are compared only with their like; a byte is a whole number, a span too.
enum class Likeness { kOther, kBool, kWhole, kReal, kText };

Likeness LikenessOf(const Value& value) {
  if (std::holds_alternative<bool>(value)) return Likeness::kBool;
  if (std::holds_alternative<IntValue>(value) || std::holds_alternative<SpanValue>(value))
    return Likeness::kWhole;
  if (std::holds_alternative<double>(value)) return Likeness::kReal;
  return AsText(value) != nullptr ? Likeness::kText : Likeness::kOther;
}

std::int64_t WholeOf(const Value& value) {
  const auto* number = std::get_if<IntValue>(&value);
  return number != nullptr ? number->value : std::get<SpanValue>(value).nanoseconds;
}

[[noreturn]] void Unlike(const Value& a, const Value& b) {
  throw TemplateFault{.words = fmt::format("a {} and a {} cannot be compared", TypeName(a), TypeName(b))};
}

const std::string& Bytes(const Value& value, TemplateMeter& meter) {
  const std::string& bytes = AsText(value)->bytes();
  meter.ChargeBytes(bytes.size());
  return bytes;
}

bool AreEqualOthers(const Value& a, const Value& b, TemplateMeter& meter) {
  if (IsNothing(a) || IsNothing(b)) return IsNothing(a) && IsNothing(b);
  const auto* time_a = std::get_if<TimeValue>(&a);
  const auto* time_b = std::get_if<TimeValue>(&b);
  if (time_a != nullptr && time_b != nullptr) return Compare(*time_a, *time_b) == 0;
  // Of two types, which are unlike: Go looks only whether the second can be compared at all.
  if (time_b != nullptr && AsRecord(a) != nullptr) return false;
  const ValueRecord* pair_a = AsRecord(a);
  const ValueRecord* pair_b = AsRecord(b);
  if (pair_b != nullptr && pair_b->kind == ValueRecord::Kind::kPair &&
      (time_a != nullptr || (pair_a != nullptr && pair_a->kind != ValueRecord::Kind::kPair)))
    return false;
  const bool pairs = pair_a != nullptr && pair_b != nullptr && pair_a->kind == ValueRecord::Kind::kPair &&
                     pair_b->kind == ValueRecord::Kind::kPair;
  if (!pairs) Unlike(a, b);
  for (std::size_t i = 0; i < pair_a->fields.size(); ++i) {
    if (!AreEqual(pair_a->fields[i].value, pair_b->fields[i].value, meter)) return false;
  }
  return true;
}

}  // namespace

bool AreEqual(const Value& a, const Value& b, TemplateMeter& meter) {
  const Likeness like = LikenessOf(a);
  if (like != LikenessOf(b)) {
    if (IsNothing(a) || IsNothing(b)) return false;
    Unlike(a, b);
  }
  switch (like) {
    case Likeness::kBool:
      return std::get<bool>(a) == std::get<bool>(b);
    case Likeness::kWhole:
      return WholeOf(a) == WholeOf(b);
    case Likeness::kReal:
      return std::get<double>(a) == std::get<double>(b);
    case Likeness::kText:
      return Bytes(a, meter) == Bytes(b, meter);
    case Likeness::kOther:
      break;
  }
  return AreEqualOthers(a, b, meter);
}

bool IsLess(const Value& a, const Value& b, TemplateMeter& meter) {
  const Likeness like = LikenessOf(a);
  if (like != LikenessOf(b) || like == Likeness::kOther || like == Likeness::kBool) Unlike(a, b);
  if (like == Likeness::kWhole) return WholeOf(a) < WholeOf(b);
  if (like == Likeness::kReal) return std::get<double>(a) < std::get<double>(b);
  return Bytes(a, meter) < Bytes(b, meter);
}

Value MapEntry(const ValueMap& map, const std::string& key) {
  if (const auto it = map.entries.find(key); it != map.entries.end()) return it->second.value;
  return map.kind == ValueMap::Kind::kLabels ? TextOf(MarkedText()) : Value();
}

}  // namespace loadline::collector
