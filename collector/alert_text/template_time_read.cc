// Times read by a layout: TimeByLayout.
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <chrono>

#include "collector/alert_text/template_layout.h"
#include "collector/alert_text/template_time.h"
#include "schemas/base/letter_case.h"

namespace loadline::collector {
namespace {

bool IsDigit(std::string_view text, std::size_t at = 0) {
  return at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0;
}

class TimeReader {
 public:
  explicit TimeReader(std::string_view text) : text_(text) {}

  std::optional<TimeValue> By(std::string_view layout) {
    while (!layout.empty()) {
      const LayoutPiece piece = TakeLayoutPiece(layout);
      if (!Literal(piece.text) || (!piece.element.empty() && !Element(piece.element, layout)))
        return std::nullopt;
    }
    if (!text_.empty()) return std::nullopt;
    return Time();
  }

 private:
  bool Literal(std::string_view wanted) {
    if (!text_.starts_with(wanted)) return false;
    text_.remove_prefix(wanted.size());
    return true;
  }
  bool Digits(std::int64_t& number, std::size_t least, std::size_t most) {
    std::size_t count = 0;
    while (count < most && IsDigit(text_, count)) ++count;
    if (count < least) return false;
    std::from_chars(text_.data(), text_.data() + count, number);
    text_.remove_prefix(count);
    return true;
  }
  // One of twelve or seven names, whole or its first three letters.
  bool Named(std::int64_t& number, std::string (*name)(std::int64_t), std::int64_t first, std::int64_t last,
             bool whole) {
    for (std::int64_t i = first; i <= last; ++i) {
      const std::string word = whole ? name(i) : name(i).substr(0, 3);
      if (!SameButForCase(text_.substr(0, word.size()), word)) continue;
      number = i;
      text_.remove_prefix(word.size());
      return true;
    }
    return false;
  }
  bool Fraction() {
    if (text_.size() < 2 || (text_[0] != '.' && text_[0] != ',') || !IsDigit(text_, 1)) return false;
    text_.remove_prefix(1);
    nanoseconds_ = 0;
    std::int64_t unit = kNanoseconds / 10;
    for (; IsDigit(text_); text_.remove_prefix(1), unit /= 10) nanoseconds_ += (text_[0] - '0') * unit;
    return true;
  }
  bool Offset(std::string_view element) {
    if (element[0] == 'Z' && Literal("Z")) return true;
    if (text_.empty() || (text_[0] != '+' && text_[0] != '-')) return false;
    const std::int64_t sign = text_[0] == '-' ? -1 : 1;
    text_.remove_prefix(1);
    std::array<std::int64_t, 3> parts{};
    std::size_t part = 0;
    for (std::size_t i = 1; i < element.size(); ++i) {
      if (element[i] == ':') {
        if (!Literal(":")) return false;
      } else if (!Digits(parts[part++], 2, 2)) {
        return false;
      } else {
        ++i;  // two digits of the element
      }
    }
    if (parts[0] > 24 || parts[1] > 59 || parts[2] > 59) return false;
    offset_ = sign * (parts[0] * 3600 + parts[1] * 60 + parts[2]);
    return true;
  }
  bool HalfOfDay(bool capitals) {
    for (const bool afternoon : {false, true}) {
      if (Literal(capitals ? afternoon ? "PM" : "AM" : afternoon ? "pm" : "am")) {
        half_ = afternoon ? 2 : 1;
        return true;
      }
    }
    return false;
  }
  bool Zone() {
    if (Literal("UTC")) return true;
    std::size_t letters = 0;
    while (letters < text_.size() && std::isupper(static_cast<unsigned char>(text_[letters])) != 0) ++letters;
    if (letters < 3 || letters > 5) return false;
    text_.remove_prefix(letters);
    return true;
  }
  bool Seconds(std::string_view rest, bool two) {
    if (!Digits(second_, two ? 2 : 1, 2) || second_ > 59) return false;
    // A part of a second may follow also where the layout has none.
    const bool has_its_own =
        rest.starts_with(".0") || rest.starts_with(".9") || rest.starts_with(",0") || rest.starts_with(",9");
    if (!has_its_own) Fraction();
    return true;
  }
  bool ClockElement(std::string_view element, std::string_view rest) {
    if (element == "15") return Digits(hour_, 2, 2) && hour_ < 24;
    if (element == "3" || element == "03") return Digits(hour_, element.size(), 2) && hour_ <= 12;
    if (element == "4" || element == "04") return Digits(minute_, element.size(), 2) && minute_ < 60;
    return Seconds(rest, element == "05");
  }
  bool DateElement(std::string_view element) {
    if (element == "2006") return Digits(year_, 4, 4);
    if (element == "06") {
      if (!Digits(year_, 2, 2)) return false;
      year_ += year_ >= 69 ? 1900 : 2000;
      return true;
    }
    if (element == "January" || element == "Jan")
      return Named(month_, MonthName, 1, 12, element == "January");
    if (element == "1" || element == "01")
      return Digits(month_, element.size(), 2) && month_ >= 1 && month_ <= 12;
    std::int64_t weekday = 0;
    if (element == "Monday" || element == "Mon")
      return Named(weekday, WeekdayName, 0, 6, element == "Monday");
    if (element == "_2") Literal(" ");
    if (element == "002" || element == "__2") {
      while (element == "__2" && Literal(" ")) continue;
      return Digits(year_day_, element == "002" ? 3 : 1, 3) && year_day_ >= 1 && year_day_ <= 366;
    }
    return Digits(day_, element == "02" ? 2 : 1, 2);
  }
  bool Element(std::string_view element, std::string_view rest) {
    static constexpr std::array<std::string_view, 7> kClock = {"15", "3", "03", "4", "04", "5", "05"};
    if (element[0] == '.' || element[0] == ',') return element[1] == '9' ? Fraction() || true : Fraction();
    if (element[0] == 'Z' || element[0] == '-') return Offset(element);
    if (element == "PM" || element == "pm") return HalfOfDay(element == "PM");
    if (element == "MST") return Zone();
    if (std::ranges::find(kClock, element) != kClock.end()) return ClockElement(element, rest);
    return DateElement(element);
  }
  std::optional<TimeValue> Time() {
    using namespace std::chrono;
    const year_month_day date(std::chrono::year(static_cast<int>(year_)),
                              std::chrono::month(static_cast<unsigned>(month_)),
                              std::chrono::day(static_cast<unsigned>(day_)));
    if (!date.ok()) return std::nullopt;
    if (half_ == 2 && hour_ < 12) hour_ += 12;
    if (half_ == 1 && hour_ == 12) hour_ = 0;
    const std::int64_t days = year_day_ > 0 ? SecondsOf(year_, 1, year_day_) : SecondsOf(year_, month_, day_);
    return TimeValue{.seconds = days + hour_ * 3600 + minute_ * 60 + second_ - offset_,
                     .nanoseconds = nanoseconds_,
                     .fixed_offset = offset_};
  }

  std::string_view text_;
  std::int64_t year_ = 0;
  std::int64_t month_ = 1;
  std::int64_t day_ = 1;
  std::int64_t year_day_ = 0;
  std::int64_t hour_ = 0;
  std::int64_t minute_ = 0;
  std::int64_t second_ = 0;
  std::int64_t nanoseconds_ = 0;
  std::int64_t offset_ = 0;
  int half_ = 0;  // 1: before noon, 2: after
};

}  // namespace

std::optional<TimeValue> TimeByLayout(std::string_view layout, std::string_view text) {
  return TimeReader(text).By(layout);
}

}  // namespace loadline::collector
