#include "collector/alert_text/template_number.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "collector/alert_text/template_literals.h"
#include "schemas/base/printable.h"

namespace loadline::collector {
namespace {

constexpr int kMostDigits = 400;

std::string Chars(double value, std::chars_format format, int precision) {
  std::array<char, 2 * kMostDigits + 16> buffer{};
  const int digits = std::min(precision, kMostDigits);
  const auto end = precision < 0
                       ? std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format)
                       : std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format, digits);
  return {buffer.data(), end.ptr};
}

int ExponentOf(const std::string& scientific) {
  int exponent = 0;
  std::string_view digits(scientific);
  digits.remove_prefix(scientific.find('e') + 1);
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  return exponent;
}

// %g: which of the two forms.
std::string General(double value, int precision) {
  if (precision == 0) precision = 1;
  const std::string scientific =
      Chars(value, std::chars_format::scientific, precision < 0 ? -1 : precision - 1);
  const int exponent = ExponentOf(scientific);
  std::string mantissa = scientific.substr(0, scientific.find('e'));
  if (precision > 0 && mantissa.find('.') != std::string::npos)
    mantissa.erase(mantissa.find_last_not_of('0') + 1);
  if (mantissa.ends_with('.')) mantissa.pop_back();
  const int digits = static_cast<int>(std::ranges::count_if(mantissa, [](char c) { return c >= '0'; }));
  int most = precision;
  if (most > digits && digits >= exponent + 1) most = digits;
  if (precision < 0) most = 6;
  if (exponent < -4 || exponent >= most) return mantissa + scientific.substr(scientific.find('e'));
  return Chars(value, std::chars_format::fixed, std::max(digits - exponent - 1, 0));
}

std::string InBase(std::uint64_t value, int base, bool capitals) {
  std::array<char, 65> buffer{};
  std::string text(buffer.data(),
                   std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, base).ptr);
  if (capitals) std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

void AppendEscaped(std::string& out, std::string_view piece, const Rune& rune, bool ascii) {
  static constexpr std::string_view kBytes = "\a\b\f\n\r\t\v";
  static constexpr std::string_view kNames = "abfnrtv";
  if (const auto at = kBytes.find(piece[0]); at != std::string_view::npos) {
    out += '\\';
    out += kNames[at];
  } else if (rune.code == 0xFFFD && rune.bytes == 1) {
    out += fmt::format("\\x{:02x}", static_cast<unsigned char>(piece[0]));
  } else if (rune.code < 0x80) {
    if (rune.code < ' ' || rune.code == 0x7F)
      out += fmt::format("\\x{:02x}", rune.code);
    else
      out += piece[0];
  } else if (ascii || UnprintableLength(piece) > 0) {
    out += rune.code < 0x10000 ? fmt::format("\\u{:04x}", rune.code) : fmt::format("\\U{:08x}", rune.code);
  } else {
    out += piece;
  }
}

}  // namespace

std::string FloatText(double value, char form, int precision) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::string text;
  if (form == 'f' || form == 'F') {
    text = Chars(value, std::chars_format::fixed, precision);
  } else if (form == 'e' || form == 'E') {
    text = Chars(value, std::chars_format::scientific, precision);
  } else {
    text = General(value, precision);
  }
  if (form == 'E' || form == 'G') std::ranges::replace(text, 'e', 'E');
  return text;
}

std::string IntegerText(std::int64_t value, const PrintVerb& verb) {
  const bool negative = value < 0;
  const auto size = negative ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  const char letter = verb.verb;
  const int base = letter == 'b'                    ? 2
                   : letter == 'o' || letter == 'O' ? 8
                   : letter == 'x' || letter == 'X' ? 16
                                                    : 10;
  std::string digits = verb.precision == 0 && value == 0 ? "" : InBase(size, base, letter == 'X');
  std::string sign = negative ? "-" : verb.plus ? "+" : verb.space ? " " : "";
  std::string prefix;
  if (letter == 'O') prefix = "0o";
  if (verb.sharp && letter == 'o' && !digits.starts_with('0')) prefix = "0";
  if (verb.sharp && (letter == 'x' || letter == 'X' || letter == 'b')) prefix = std::string("0") + letter;
  std::size_t least = verb.precision > 0 ? static_cast<std::size_t>(verb.precision) : 0;
  if (verb.precision < 0 && verb.zero && !verb.minus && verb.width > static_cast<int>(sign.size()))
    least = static_cast<std::size_t>(verb.width) - sign.size();
  if (digits.size() < least) digits.insert(0, least - digits.size(), '0');
  return sign + prefix + digits;
}

std::string RealText(double value, const PrintVerb& verb) {
  const bool general = verb.verb == 'v' || verb.verb == 'g' || verb.verb == 'G';
  const int precision = verb.precision >= 0 || general ? verb.precision : 6;
  std::string text = FloatText(value, verb.verb == 'v' ? 'g' : verb.verb, precision);
  const bool number = std::isfinite(value);
  if (text[0] != '-' && text[0] != '+') text.insert(0, verb.space && !verb.plus ? " " : "+");
  if (text[0] == '+' && !verb.plus && !(std::isinf(value))) text.erase(0, 1);
  if (number && verb.zero && !verb.minus && verb.width > static_cast<int>(text.size())) {
    const std::size_t sign = std::string_view("+- ").find(text[0]) == std::string_view::npos ? 0 : 1;
    text.insert(sign, static_cast<std::size_t>(verb.width) - text.size(), '0');
  }
  return text;
}

std::string Quoted(std::string_view text, char quote, bool ascii) {
  std::string out(1, quote);
  while (!text.empty()) {
    const Rune rune = FirstRune(text);
    if (text[0] == quote || text[0] == '\\') {
      out += '\\';
      out += text[0];
    } else {
      AppendEscaped(out, text.substr(0, rune.bytes), rune, ascii);
    }
    text.remove_prefix(rune.bytes);
  }
  return out + quote;
}

std::string Padded(std::string text, const PrintVerb& verb) {
  int length = 0;
  for (std::string_view rest = text; !rest.empty(); rest.remove_prefix(FirstRune(rest).bytes)) ++length;
  if (verb.width <= length) return text;
  const auto missing = static_cast<std::size_t>(verb.width - length);
  if (verb.minus) return text.append(missing, ' ');
  return text.insert(0, missing, verb.zero ? '0' : ' ');
}

}  // namespace loadline::collector
