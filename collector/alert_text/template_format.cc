#include "collector/alert_text/template_format.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "collector/alert_text/template_literals.h"
#include "collector/alert_text/template_number.h"
#include "collector/alert_text/template_time.h"
#include "schemas/base/printable.h"

namespace loadline::collector {
namespace {

constexpr int kWidest = 10'000;

bool IsOneOf(char c, std::string_view letters) {
  return letters.find(c) != std::string_view::npos;
}

// alertname=Down, job=node: what Go's program prints of labels and of pairs.
MarkedText PairsText(const std::vector<std::pair<const MarkedText*, const MarkedText*>>& pairs) {
  MarkedText text;
  for (const auto& [name, value] : pairs) {
    if (!text.empty()) text.Append(", ", false);
    text.Append(*name);
    text.Append("=", false);
    text.Append(*value);
  }
  return text;
}

// What is printed by its own words whatever it is made of.
std::optional<MarkedText> OwnWords(const Value& value) {
  if (const auto* time = std::get_if<TimeValue>(&value)) return MarkedText(TimeText(*time));
  if (const auto* span = std::get_if<SpanValue>(&value)) return MarkedText(SpanText(*span));
  if (const auto* number = std::get_if<IntValue>(&value)) {
    if (number->kind == IntValue::Kind::kMonth) return MarkedText(std::string(MonthName(number->value)));
    if (number->kind == IntValue::Kind::kWeekday) return MarkedText(std::string(WeekdayName(number->value)));
  }
  std::vector<std::pair<const MarkedText*, const MarkedText*>> pairs;
  if (const ValueMap* map = AsMap(value); map != nullptr && map->kind == ValueMap::Kind::kLabels) {
    for (const ValueMap::Entry* entry : SortedLabels(*map))
      pairs.emplace_back(&entry->name, AsText(entry->value));
    return PairsText(pairs);
  }
  if (const ValueList* list = AsList(value); list != nullptr && list->kind == ValueList::Kind::kPairs) {
    for (const Value& item : list->items) {
      const auto& fields = AsRecord(item)->fields;
      pairs.emplace_back(AsText(fields[0].value), AsText(fields[1].value));
    }
    return PairsText(pairs);
  }
  return std::nullopt;
}

std::optional<std::int64_t> WholeOf(const Value& value) {
  if (const auto* number = std::get_if<IntValue>(&value)) return number->value;
  if (const auto* span = std::get_if<SpanValue>(&value)) return span->nanoseconds;
  return std::nullopt;
}

// Prints one value by a verb.
class Printer {
 public:
  Printer(MarkedText& out, const PrintVerb& verb, TemplateMeter& meter)
      : out_(out), verb_(verb), meter_(meter) {}

  void Print(const Value& value) {
    meter_.ChargeBytes(static_cast<std::size_t>(std::max({verb_.width, verb_.precision, 0})));
    if (verb_.verb == 'T') return IsNothing(value) ? Plain("<nil>") : Text(MarkedText(TypeName(value)));
    if (verb_.verb == 'p' || (verb_.as_source && !IsSingle(value)))
      throw TemplateFault{.words = fmt::format("%{} is not known here", verb_.verb == 'p' ? "p" : "#v")};
    if (!within_error_ && !verb_.as_source && IsOneOf(verb_.verb, "vsxXq")) {
      if (const std::optional<MarkedText> words = OwnWords(value)) return Text(*words);
    }
    if (IsNothing(value)) return depth_ > 0 ? Own("<nil>") : verb_.verb == 'v' ? Plain("<nil>") : Bad(value);
    if (const bool* truth = std::get_if<bool>(&value)) {
      return IsOneOf(verb_.verb, "tv") ? Plain(*truth ? "true" : "false") : Bad(value);
    }
    if (const auto* number = std::get_if<IntValue>(&value)) return Whole(value, number->value);
    if (const auto* span = std::get_if<SpanValue>(&value)) return Whole(value, span->nanoseconds);
    if (const double* number = std::get_if<double>(&value)) return Real(value, *number);
    if (const MarkedText* text = AsText(value))
      return IsOneOf(verb_.verb, "vsxXq") ? Text(*text) : Bad(value);
    if (const ValueList* list = AsList(value)) return List(*list);
    if (const ValueMap* map = AsMap(value)) return Map(*map);
    if (const ValueRecord* record = AsRecord(value)) return Record(*record);
    throw TemplateFault{.words = fmt::format("a time by %{} is not known here", verb_.verb)};
  }

 private:
  static bool IsSingle(const Value& value) {
    return AsText(value) != nullptr || std::holds_alternative<bool>(value) ||
           std::holds_alternative<IntValue>(value) || std::holds_alternative<double>(value);
  }
  void Own(std::string_view text) { out_.Append(text, false); }
  void Plain(const char* word) { Own(Padded(word, verb_)); }
  // %!d(string=words), of the same width and by what it is made of
  void Bad(const Value& value) {
    Own(fmt::format("%!{}(", verb_.verb));
    Own(IsNothing(value) ? "<nil>" : TypeName(value) + "=");
    PrintVerb verb = verb_;
    verb.verb = 'v';
    Printer within(out_, verb, meter_);
    within.within_error_ = true;
    if (!IsNothing(value)) within.Print(value);
    Own(")");
  }
  void Text(const MarkedText& whole) {
    meter_.ChargeBytes(whole.size());
    MarkedText text = whole;
    if (verb_.precision >= 0 && !IsOneOf(verb_.verb, "xX"))
      text = whole.Part(0, FirstCharacters(whole.bytes()));
    if (verb_.verb == 'q' || verb_.as_source) {
      const bool raw =
          verb_.verb == 'q' && verb_.sharp && text.bytes().find_first_of("`\n\r") == std::string::npos;
      text = text.Became(raw ? "`" + text.bytes() + "`" : Quoted(text.bytes(), '"', verb_.plus));
    } else if (IsOneOf(verb_.verb, "xX")) {
      text = text.Became(Hex(text.bytes()));
    }
    if (verb_.width < 0) return out_.Append(text);
    out_.Append(text.Became(Padded(text.bytes(), verb_)));
  }
  std::size_t FirstCharacters(std::string_view text) const {
    std::size_t at = 0;
    for (int i = 0; i < verb_.precision && at < text.size(); ++i) at += FirstRune(text.substr(at)).bytes;
    return at;
  }
  std::string Hex(std::string_view bytes) const {
    std::string hex;
    if (verb_.precision >= 0) bytes = bytes.substr(0, static_cast<std::size_t>(verb_.precision));
    for (const char c : bytes) {
      if (verb_.space && !hex.empty()) hex += ' ';
      if (verb_.sharp && (verb_.space || hex.empty())) hex += verb_.verb == 'x' ? "0x" : "0X";
      hex += verb_.verb == 'x' ? fmt::format("{:02x}", static_cast<unsigned char>(c))
                               : fmt::format("{:02X}", static_cast<unsigned char>(c));
    }
    return hex;
  }
  void Whole(const Value& value, std::int64_t number) {
    PrintVerb verb = verb_;
    if (verb.verb == 'v') verb.verb = 'd';
    if (verb.verb == 'c' || verb.verb == 'q') {
      std::string character;
      AppendUtf8(character, number < 0 || number > 0x10FFFF ? 0xFFFD : static_cast<std::uint32_t>(number));
      verb.verb = 's';
      return Own(Padded(verb_.verb == 'c' ? character : Quoted(character, '\'', verb_.plus), verb));
    }
    if (verb.verb == 'U') return CodePoint(number);
    if (!IsOneOf(verb.verb, "dboOxX")) return Bad(value);
    std::string text = IntegerText(number, verb);
    if (verb.precision >= 0) verb.zero = false;
    Own(Padded(std::move(text), verb));
  }
  // U+0061, with # also 'a'
  void CodePoint(std::int64_t number) {
    std::string text = fmt::format("U+{:04X}", static_cast<std::uint64_t>(number));
    std::string character;
    if (number >= 0 && number <= 0x10FFFF) AppendUtf8(character, static_cast<std::uint32_t>(number));
    if (verb_.sharp && !character.empty() && UnprintableLength(character) == 0)
      text += " '" + character + "'";
    PrintVerb verb = verb_;
    verb.zero = false;
    Own(Padded(std::move(text), verb));
  }
  void Real(const Value& value, double number) {
    if (verb_.sharp || IsOneOf(verb_.verb, "bxX"))
      throw TemplateFault{.words = "this form of a float is not known here"};
    if (!IsOneOf(verb_.verb, "veEfFgG")) return Bad(value);
    PrintVerb verb = verb_;
    verb.zero = false;
    Own(Padded(RealText(number, verb_), verb));
  }
  void List(const ValueList& list) {
    ++depth_;
    Own("[");
    for (const Value& item : list.items) {
      if (&item != list.items.data()) Own(" ");
      Print(item);
    }
    Own("]");
    --depth_;
  }
  void Map(const ValueMap& map) {
    ++depth_;
    Own("map[");
    bool first = true;
    for (const auto& [name, entry] : map.entries) {
      if (!std::exchange(first, false)) Own(" ");
      Print(TextOf(entry.name));
      Own(":");
      Print(entry.value);
    }
    Own("]");
    --depth_;
  }
  void Record(const ValueRecord& record) {
    Own("{");
    for (const ValueRecord::Field& field : record.fields) {
      if (&field != record.fields.data()) Own(" ");
      if (verb_.with_names) Own(std::string(field.name) + ":");
      Print(field.value);
    }
    // Go's program has a flag of its own behind them, which it prints as well.
    if (record.kind == ValueRecord::Kind::kData) {
      Own(verb_.with_names ? " routeLabelsRendered:" : " ");
      Print(true);
    }
    Own("}");
  }

  MarkedText& out_;
  PrintVerb verb_;
  TemplateMeter& meter_;
  int depth_ = 0;              // of lists and mappings
  bool within_error_ = false;  // in %!d(...)
};

// The format of printf, read from its front.
class FormatReader {
 public:
  FormatReader(const MarkedText& format, std::span<const Value> values, TemplateMeter& meter)
      : format_(format), text_(format.bytes()), values_(values), meter_(meter) {}

  MarkedText All() {
    while (at_ < text_.size()) {
      const std::size_t percent = std::min(text_.find('%', at_), text_.size());
      out_.Append(format_.Part(at_, percent - at_));
      at_ = percent + 1;
      if (percent < text_.size()) One();
      meter_.Charge(1);
    }
    if (!reordered_ && next_ < values_.size()) Extra();
    return std::move(out_);
  }

 private:
  void Own(std::string_view text) { out_.Append(text, false); }
  void One() {
    PrintVerb verb;
    bad_index_ = false;
    Flags(verb);
    Index();
    Number(verb.width, true, verb);
    if (at_ < text_.size() && text_[at_] == '.') {
      ++at_;
      Index();
      verb.precision = 0;
      Number(verb.precision, false, verb);
    }
    Index();
    if (at_ >= text_.size()) return Own("%!(NOVERB)");
    const std::size_t bytes = FirstRune(text_.substr(at_)).bytes;
    const std::string letter(text_.substr(at_, bytes));
    at_ += bytes;
    verb.verb = bytes == 1 ? letter[0] : '?';
    if (verb.verb == 'v') {
      verb.with_names = std::exchange(verb.plus, false);
      verb.as_source = std::exchange(verb.sharp, false);
    }
    if (letter == "%") return Own("%");
    if (bad_index_) return Own("%!" + letter + "(BADINDEX)");
    if (next_ >= values_.size()) return Own("%!" + letter + "(MISSING)");
    if (std::max(verb.width, verb.precision) > kWidest) throw TemplateFault{.words = "a width is too large"};
    Printer(out_, verb, meter_).Print(values_[next_++]);
  }
  void Flags(PrintVerb& verb) {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '#') {
        verb.sharp = true;
      } else if (c == '0') {
        verb.zero = true;
      } else if (c == '+') {
        verb.plus = true;
      } else if (c == '-') {
        verb.minus = true;
      } else if (c == ' ') {
        verb.space = true;
      } else {
        break;
      }
    }
  }
  // [3]
  void Index() {
    if (at_ >= text_.size() || text_[at_] != '[') return;
    reordered_ = true;
    const std::size_t close = text_.find(']', at_);
    if (close == std::string_view::npos) {
      bad_index_ = true;
      ++at_;
      return;
    }
    std::size_t number = 0;
    bool digits = close > at_ + 1;
    for (const char c : text_.substr(at_ + 1, close - at_ - 1)) {
      digits = digits && std::isdigit(static_cast<unsigned char>(c)) != 0 && number <= values_.size();
      number = number * 10 + static_cast<std::size_t>(c - '0');
    }
    at_ = close + 1;
    bad_index_ = !digits || number == 0 || number > values_.size();
    if (!bad_index_) next_ = number - 1;
  }
  // Digits, or a star: the next value.
  void Number(int& number, bool width, PrintVerb& verb) {
    if (at_ < text_.size() && text_[at_] == '*') {
      ++at_;
      const std::optional<std::int64_t> given =
          next_ < values_.size() ? WholeOf(values_[next_]) : std::nullopt;
      ++next_;
      number = -1;
      const bool fits = given && *given >= -1'000'000 && *given <= 1'000'000;
      if (!fits || (!width && *given < 0)) return Own(width ? "%!(BADWIDTH)" : "%!(BADPREC)");
      number = static_cast<int>(*given);
      if (number < 0) {
        verb.minus = true;
        number = -number;
      }
      return;
    }
    const std::size_t start = at_;
    int digits = 0;
    while (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_])) != 0 &&
           digits < 1'000'000)
      digits = digits * 10 + (text_[at_++] - '0');
    if (at_ > start) number = digits;
  }
  void Extra() {
    Own("%!(EXTRA ");
    for (std::size_t i = next_; i < values_.size(); ++i) {
      if (i > next_) Own(", ");
      if (IsNothing(values_[i])) {
        Own("<nil>");
        continue;
      }
      Own(TypeName(values_[i]) + "=");
      Printer(out_, PrintVerb{}, meter_).Print(values_[i]);
    }
    Own(")");
  }

  const MarkedText& format_;
  std::string_view text_;
  std::span<const Value> values_;
  TemplateMeter& meter_;
  MarkedText out_;
  std::size_t at_ = 0;
  std::size_t next_ = 0;
  bool reordered_ = false;
  bool bad_index_ = false;
};

}  // namespace

MarkedText Written(const Value& value, TemplateMeter& meter) {
  if (IsNothing(value)) return {"<no value>"};
  MarkedText text;
  Printer(text, PrintVerb{}, meter).Print(value);
  return text;
}

MarkedText Printed(std::span<const Value> values, TemplateMeter& meter) {
  MarkedText text;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool words = AsText(values[i]) != nullptr || (i > 0 && AsText(values[i - 1]) != nullptr);
    if (i > 0 && !words) text.Append(" ", false);
    Printer(text, PrintVerb{}, meter).Print(values[i]);
  }
  return text;
}

MarkedText PrintedLine(std::span<const Value> values, TemplateMeter& meter) {
  MarkedText text;
  for (const Value& value : values) {
    if (&value != values.data()) text.Append(" ", false);
    Printer(text, PrintVerb{}, meter).Print(value);
  }
  text.Append("\n", false);
  return text;
}

MarkedText PrintedBy(const MarkedText& format, std::span<const Value> values, TemplateMeter& meter) {
  return FormatReader(format, values, meter).All();
}

}  // namespace loadline::collector
