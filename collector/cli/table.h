// A table as terminals show it: aligned columns, no lines, colours where they are wanted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace loadline::collector {

enum class Tone { kPlain, kGood, kWarn, kBad, kFaint };

struct Cell {
  std::string text;
  Tone tone = Tone::kPlain;
};

struct Table {
  std::vector<std::string> head;
  std::vector<std::vector<Cell>> rows;
};

// Columns three spaces apart, the last one as long as it is. Every text is made printable first.
std::string Render(const Table& table, bool colours);

// `text` in this tone, when colours are wanted.
std::string Toned(std::string_view text, Tone tone, bool colours);

}  // namespace loadline::collector
