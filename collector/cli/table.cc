#include "collector/cli/table.h"

#include <fmt/format.h>

#include <algorithm>

#include "schemas/base/printable.h"
#include "schemas/base/utf8.h"

namespace loadline::collector {
namespace {

// Code points, which for the names of machines and programs is what a terminal shows.
std::size_t Width(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::ranges::count_if(text, ContinuesCharacter));
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
