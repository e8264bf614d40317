#include "collector/alert_text/template_literals.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "collector/alert_text/template_fault.h"
#include "schemas/base/printable.h"

namespace loadline::collector {
namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;

bool IsScalar(std::uint32_t code) {
  return code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
}

[[noreturn]] void Fail(std::string_view token) {
  throw TemplateFault{.words = fmt::format("{} is not understood", Cut(token, 40))};
}

std::uint32_t Digits(std::string_view digits, int base, std::string_view token) {
  std::uint32_t code = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, base);
  if (error != std::errc() || end != digits.data() + digits.size()) Fail(token);
  return code;
}

char Simple(char c) {
  constexpr std::string_view kNames = "abfnrtv\\'\"";
  constexpr std::string_view kBytes = "\a\b\f\n\r\t\v\\'\"";
  const std::size_t at = kNames.find(c);
  return at == std::string_view::npos ? '\0' : kBytes[at];
}

// What follows a backslash at the front of `rest`; gives how many bytes it was.
std::size_t Escape(std::string_view rest, char quote, std::string_view token, std::string& out) {
  const char c = rest.empty() ? '\0' : rest[0];
  const bool other_quote = (c == '\'' || c == '"') && c != quote;
  if (const char byte = Simple(c); byte != '\0' && !other_quote) {
    out += byte;
    return 1;
  }
  const auto number = [&](std::size_t from, std::size_t count, int base) {
    if (rest.size() < from + count) Fail(token);
    return Digits(rest.substr(from, count), base, token);
  };
  if (c >= '0' && c <= '7') {
    const std::uint32_t code = number(0, 3, 8);
    if (code > 0xFF) Fail(token);
    out += static_cast<char>(code);
    return 3;
  }
  if (c == 'x') {
    out += static_cast<char>(number(1, 2, 16));
    return 3;
  }
  if (c != 'u' && c != 'U') Fail(token);
  const std::size_t count = c == 'u' ? 4 : 8;
  const std::uint32_t code = number(1, count, 16);
  if (!IsScalar(code)) Fail(token);
  AppendUtf8(out, code);
  return count + 1;
}

// Each _ stands between two digits, or behind 0x.
bool UnderscoresFit(std::string_view token) {
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '_') continue;
    const bool before = i > 0 && std::isalnum(static_cast<unsigned char>(token[i - 1])) != 0;
    const bool after = i + 1 < token.size() && std::isxdigit(static_cast<unsigned char>(token[i + 1])) != 0;
    if (!before || !after) return false;
  }
  return true;
}

int BaseOf(std::string_view& digits) {
  if (digits.size() < 2 || digits[0] != '0') return 10;
  const char mark = static_cast<char>(std::tolower(static_cast<unsigned char>(digits[1])));
  const int base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
  digits.remove_prefix(mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1);
  return base;
}

std::optional<std::int64_t> Whole(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const int base = BaseOf(text);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (value > static_cast<std::uint64_t>(INT64_MAX) + (negative ? 1 : 0)) return std::nullopt;
  return static_cast<std::int64_t>(negative ? 0 - value : value);
}

}  // namespace

void AppendUtf8(std::string& text, std::uint32_t code) {
  if (!IsScalar(code)) code = kReplacement;
  const auto tail = [&](int shift) { text += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xC0 | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    text += static_cast<char>(0xE0 | (code >> 12));
    tail(6), tail(0);
  } else {
    text += static_cast<char>(0xF0 | (code >> 18));
    tail(12), tail(6), tail(0);
  }
}

Rune FirstRune(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
  };
  const std::uint32_t first = byte(0);
  if (first < 0x80) return {.code = first, .bytes = 1};
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return {};
  std::uint32_t code = first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = (code << 6) | (byte(i) & 0x3F);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[length] || !IsScalar(code)) return {};
  return {.code = code, .bytes = length};
}

std::string Unquoted(std::string_view token) {
  const char quote = token.front();
  std::string_view inside = token.substr(1, token.size() - 2);
  std::string out;
  if (quote == '`') {
    std::ranges::copy_if(inside, std::back_inserter(out), [](char c) { return c != '\r'; });
    return out;
  }
  while (!inside.empty()) {
    const char c = inside[0];
    inside.remove_prefix(1);
    if (c != '\\') {
      out += c;
    } else {
      inside.remove_prefix(Escape(inside, quote, token, out));
    }
  }
  return out;
}

TemplateNumber CharacterOf(std::string_view token) {
  const std::string inside = Unquoted(token);
  const bool byte = token.starts_with("'\\x") || (token.size() == 6 && token[1] == '\\');
  if (inside.empty()) Fail(token);
  const Rune rune =
      byte ? Rune{.code = static_cast<unsigned char>(inside[0]), .bytes = 1} : FirstRune(inside);
  if (rune.bytes != inside.size()) Fail(token);
  return {.whole = rune.code, .real = rune.code};
}

TemplateNumber NumberOf(std::string_view token) {
  if (!UnderscoresFit(token)) Fail(token);
  std::string text(token);
  std::erase(text, '_');
  TemplateNumber number{.whole = Whole(text)};
  if (number.whole) {
    number.real = static_cast<double>(*number.whole);
    return number;
  }
  const bool hex = text.find_first_of("xX") != std::string::npos;
  if (text.find_first_of(hex ? "pP" : ".eE") == std::string::npos) Fail(token);
  char* end = nullptr;
  const double real = std::strtod(text.c_str(), &end);
  const bool word = text.find_first_of(hex ? "nN" : "nNiIxX") != std::string::npos;
  if (end != text.c_str() + text.size() || word || real > 1e308 || real < -1e308) Fail(token);
  number.real = real;
  number.reads_as_real = true;
  constexpr double kMost = 9.2e18;
  if (real > -kMost && real < kMost && real == static_cast<double>(static_cast<std::int64_t>(real)))
    number.whole = static_cast<std::int64_t>(real);
  return number;
}

}  // namespace loadline::collector
