#include "collector/cli/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace loadline::collector {
namespace {

// Code points, which for the names of machines and programs is what a terminal shows.
std::size_t Width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

const char* Escape(Tone tone) {
  switch (tone) {
    case Tone::kGood:
      return "\x1b[32m";
    case Tone::kWarn:
      return "\x1b[33m";
    case Tone::kBad:
      return "\x1b[31m";
    case Tone::kFaint:
      return "\x1b[2m";
    case Tone::kPlain:
      break;
  }
  return "";
}

void AppendRow(std::string& text, const std::vector<Cell>& row, const std::vector<std::size_t>& widths,
               bool colours) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::string shown = Printable(row[i].text);
    text += Toned(shown, row[i].tone, colours);
    if (i + 1 < row.size()) text.append(widths[i] - Width(shown) + 3, ' ');
  }
  text.erase(text.find_last_not_of(' ') + 1);
  text += '\n';
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F are control characters too, and take two bytes.
    const bool c1 = byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (byte >= 0x20 && byte != 0x7f && !c1) {
      result += text[i];
    } else {
      fmt::format_to(std::back_inserter(result), "\\x{:02x}",
                     c1 ? static_cast<unsigned char>(text[++i]) : byte);
    }
  }
  return result;
}

std::string Toned(std::string_view text, Tone tone, bool colours) {
  if (!colours || tone == Tone::kPlain) return std::string(text);
  return fmt::format("{}{}\x1b[0m", Escape(tone), text);
}

std::string Render(const Table& table, bool colours) {
  std::vector<std::size_t> widths;
  for (const std::string& name : table.head) widths.push_back(Width(name));
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], Width(Printable(row[i].text)));
  }
  std::string text;
  std::vector<Cell> head;
  for (const std::string& name : table.head) head.push_back({name, Tone::kFaint});
  AppendRow(text, head, widths, colours);
  for (const auto& row : table.rows) AppendRow(text, row, widths, colours);
  return text;
}

}  // namespace loadline::collector
