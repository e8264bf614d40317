// Values as JSON: JsonOf.
#include <fmt/core.h>

#include <utility>

#include "collector/alert_text/template_format.h"
#include "collector/alert_text/template_literals.h"
#include "collector/alert_text/template_number.h"
#include "collector/alert_text/template_time.h"

namespace loadline::collector {
namespace {

std::string JsonString(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Rune rune = FirstRune(text);
    const std::string_view piece = text.substr(0, rune.bytes);
    static constexpr std::string_view kBytes = "\b\f\n\r\t\"\\";
    static constexpr std::string_view kNames = "bfnrt\"\\";
    const std::size_t named = kBytes.find(piece[0]);
    if (named != std::string_view::npos) {
      out += '\\';
      out += kNames[named];
    } else if (rune.code < ' ' || std::string_view("<>&").find(piece[0]) != std::string_view::npos ||
               rune.code == 0x2028 || rune.code == 0x2029) {
      out += fmt::format("\\u{:04x}", rune.code);
    } else if (rune.code == 0xFFFD && rune.bytes == 1) {
      out += "\\ufffd";
    } else {
      out += piece;
    }
    text.remove_prefix(rune.bytes);
  }
  return out;
}

std::string JsonNumber(double number) {
  const double size = number < 0 ? -number : number;
  if (number == 0 || (size >= 1e-6 && size < 1e21)) return FloatText(number, 'f', -1);
  std::string text = FloatText(number, 'e', -1);
  const std::size_t exponent = text.rfind('e');
  if (text[exponent + 1] == '-' && text[exponent + 2] == '0') text.erase(exponent + 2, 1);
  return text;
}

class JsonWriter {
 public:
  explicit JsonWriter(TemplateMeter& meter) : meter_(meter) {}

  void Write(const Value& value) {
    meter_.Charge(1);
    if (IsNothing(value)) return Own("null");
    if (const bool* truth = std::get_if<bool>(&value)) return Own(*truth ? "true" : "false");
    if (const auto* number = std::get_if<IntValue>(&value)) return Own(fmt::format("{}", number->value));
    if (const auto* span = std::get_if<SpanValue>(&value)) return Own(fmt::format("{}", span->nanoseconds));
    if (const double* number = std::get_if<double>(&value)) return Own(JsonNumber(*number));
    if (const MarkedText* text = AsText(value)) return Text(*text);
    if (const auto* time = std::get_if<TimeValue>(&value)) return Own("\"" + TimeJson(*time) + "\"");
    if (const ValueList* list = AsList(value)) return List(*list);
    if (const ValueMap* map = AsMap(value)) return Map(*map);
    Record(*AsRecord(value));
  }
  MarkedText Take() { return std::move(out_); }

 private:
  void Own(std::string_view text) { out_.Append(text, false); }
  void Text(const MarkedText& text) {
    meter_.ChargeBytes(text.size());
    Own("\"");
    out_.Append(text.Mapped(JsonString));
    Own("\"");
  }
  void List(const ValueList& list) {
    Own("[");
    for (const Value& item : list.items) {
      if (&item != list.items.data()) Own(",");
      Write(item);
    }
    Own("]");
  }
  void Map(const ValueMap& map) {
    Own("{");
    bool first = true;
    for (const auto& [name, entry] : map.entries) {
      if (!std::exchange(first, false)) Own(",");
      Text(entry.name);
      Own(":");
      Write(entry.value);
    }
    Own("}");
  }
  void Record(const ValueRecord& record) {
    Own("{");
    for (const ValueRecord::Field& field : record.fields) {
      if (&field != record.fields.data()) Own(",");
      Own(fmt::format("\"{}\":", field.json));
      Write(field.value);
    }
    Own("}");
  }

  MarkedText out_;
  TemplateMeter& meter_;
};

}  // namespace

MarkedText JsonOf(const Value& value, TemplateMeter& meter) {
  JsonWriter writer(meter);
  writer.Write(value);
  return writer.Take();
}

}  // namespace loadline::collector
