#include "agent/top/top_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "schemas/base/utf8.h"

namespace loadline::agent {
namespace {

constexpr double kShownShare = 0.0005;  // less is printed as 0.0 %
constexpr double kMuchThrottling = 0.25;
constexpr double kMuchStall = 0.10;
constexpr double kNearLimit = 0.9;

struct Column {
  TopColumn column;
  const char* option;  // of --sort
  char key;
  const char* head;
  std::size_t width;
  double (*value)(const TopRow&);  // to sort by; names sort as text
  std::string (*text)(const TopRow&);
  bool (*wrong)(const TopRow&);
};

std::string Percent(double share) {
  return share < kShownShare ? "-" : fmt::format("{:.1f}", share * 100);
}
std::string Size(Bytes bytes) {
  return bytes == 0 ? "-" : FormatBytes(bytes);
}
bool Fine(const TopRow&) {
  return false;
}

const std::array<Column, kTopColumns> kColumns = {{
    {TopColumn::kName, "name", 'n', "NAME", 0, nullptr, nullptr, Fine},
    {TopColumn::kCpu, "cpu", 'c', "CPU", 7, [](const TopRow& row) { return row.cores; },
     [](const TopRow& row) { return row.cores < 0.0005 ? "-" : fmt::format("{:.3f}", row.cores); }, Fine},
    {TopColumn::kCpuLimit, "cpu_limit", 'u', "OF", 6,
     [](const TopRow& row) { return static_cast<double>(row.cpu_limit); },
     [](const TopRow& row) { return row.cpu_limit == 0 ? "-" : FormatCpu(row.cpu_limit); }, Fine},
    {TopColumn::kThrottled, "throttled", 't', "THR%", 6, [](const TopRow& row) { return row.throttled; },
     [](const TopRow& row) { return Percent(row.throttled); },
     [](const TopRow& row) { return row.throttled >= kMuchThrottling; }},
    {TopColumn::kWait, "wait", 'w', "WAIT", 6, [](const TopRow& row) { return row.waiting; },
     [](const TopRow& row) { return row.waiting < 0.0005 ? "-" : fmt::format("{:.2f}", row.waiting); }, Fine},
    {TopColumn::kMemory, "memory", 'm', "MEMORY", 9,
     [](const TopRow& row) { return static_cast<double>(row.memory); },
     [](const TopRow& row) { return Size(row.memory); },
     [](const TopRow& row) {
       return row.limit > 0 && static_cast<double>(row.memory) >= kNearLimit * static_cast<double>(row.limit);
     }},
    {TopColumn::kPeak, "peak", 'k', "PEAK", 9,
     [](const TopRow& row) { return static_cast<double>(row.peak); },
     [](const TopRow& row) { return Size(row.peak); }, Fine},
    {TopColumn::kLimit, "limit", 'l', "LIMIT", 9,
     [](const TopRow& row) { return static_cast<double>(row.limit); },
     [](const TopRow& row) { return Size(row.limit); }, Fine},
    {TopColumn::kOom, "oom", 'o', "OOM", 5,
     [](const TopRow& row) { return static_cast<double>(row.oom_kills); },
     [](const TopRow& row) { return row.oom_kills == 0 ? "-" : std::to_string(row.oom_kills); },
     [](const TopRow& row) { return row.oom_kills > 0; }},
    {TopColumn::kPsiCpu, "psi_cpu", 'p', "PSI-C%", 7, [](const TopRow& row) { return row.cpu_stall; },
     [](const TopRow& row) { return Percent(row.cpu_stall); }, Fine},
    {TopColumn::kPsiMemory, "psi_memory", 's', "PSI-M%", 7,
     [](const TopRow& row) { return row.memory_stall; },
     [](const TopRow& row) { return Percent(row.memory_stall); },
     [](const TopRow& row) { return row.memory_stall >= kMuchStall; }},
    {TopColumn::kPsiIo, "psi_io", 'i', "PSI-I%", 7, [](const TopRow& row) { return row.io_stall; },
     [](const TopRow& row) { return Percent(row.io_stall); }, Fine},
}};

constexpr std::size_t kNarrowestName = 20;
constexpr std::size_t kWidestName = 60;

std::size_t NumbersWidth() {
  std::size_t width = 0;
  for (const Column& column : kColumns) width += column.width + (column.width > 0 ? 1 : 0);
  return width;
}

std::size_t NameWidth(const std::vector<TopRow>& rows, std::size_t terminal) {
  std::size_t longest = kNarrowestName;
  for (const TopRow& row : rows) longest = std::max(longest, row.name.size());
  longest = std::min(longest, kWidestName);
  if (terminal == 0) return longest;
  return std::max(kNarrowestName, terminal > NumbersWidth() ? terminal - NumbersWidth() : 0);
}

// The end of a name tells more than its middle. Of a character that is cut, the rest would be a control
// character for some terminals.
std::string Fit(const std::string& name, std::size_t width) {
  if (name.size() <= width)
    return name + std::string(width - name.size() +
                                  static_cast<std::size_t>(std::ranges::count_if(name, ContinuesCharacter)),
                              ' ');
  const std::size_t head = (width - 2) / 2;
  std::size_t tail = name.size() - (width - 2 - head);
  while (tail < name.size() && ContinuesCharacter(name[tail])) ++tail;
  return name.substr(0, WholeCharacters(name, head)) + ".." + name.substr(tail);
}

std::string Cut(std::string line, std::size_t width, bool colour) {
  // Lines with colours are made to fit by construction, unless the terminal is narrower than the numbers.
  if (width > 0 && !colour) line.resize(WholeCharacters(line, width));
  return line + "\n";
}

std::string Head(const TopView& view, std::size_t name_width) {
  std::string line;
  for (const Column& column : kColumns) {
    std::string head = column.head;
    if (column.column == view.sort) head += view.reverse ? "^" : "v";
    line += column.width == 0 ? fmt::format("{:<{}}", head, name_width)
                              : fmt::format(" {:>{}}", head, column.width);
  }
  return view.colour ? "\x1b[7m" + line + "\x1b[0m" : line;
}

std::string Line(const TopRow& row, const TopView& view, std::size_t name_width) {
  std::string line;
  for (const Column& column : kColumns) {
    if (column.width == 0) {
      line += Fit(row.name, name_width);
      continue;
    }
    const std::string text = fmt::format(" {:>{}}", column.text(row), column.width);
    line += view.colour && column.wrong(row) ? "\x1b[31;1m" + text + "\x1b[0m" : text;
  }
  return line;
}

bool IsIdle(const TopRow& row) {
  return row.cores == 0 && row.memory == 0 && row.oom_kills == 0;
}

}  // namespace

std::map<std::string, TopColumn> TopColumnNames() {
  std::map<std::string, TopColumn> names;
  for (const Column& column : kColumns) names.emplace(column.option, column.column);
  return names;
}

std::optional<TopColumn> TopColumnOf(char key) {
  const auto found = std::ranges::find(kColumns, key, &Column::key);
  if (found == kColumns.end()) return std::nullopt;
  return found->column;
}

std::vector<TopRow> SelectRows(std::vector<TopRow> rows, const TopView& view) {
  if (!view.all) std::erase_if(rows, [](const TopRow& row) { return !row.leaf || IsIdle(row); });
  const Column& by = kColumns[static_cast<std::size_t>(view.sort)];
  std::ranges::sort(rows, [&](const TopRow& a, const TopRow& b) {
    if (by.value == nullptr || by.value(a) == by.value(b)) {
      return by.value == nullptr && view.reverse ? b.name < a.name : a.name < b.name;
    }
    return view.reverse ? by.value(a) < by.value(b) : by.value(a) > by.value(b);
  });
  return rows;
}

std::string RenderTop(const std::vector<TopRow>& rows, const TopView& view) {
  const std::size_t name_width = NameWidth(rows, view.width);
  const std::size_t shown = view.height == 0 ? rows.size() : std::min(rows.size(), view.height);
  std::string out = Cut(Head(view, name_width), view.width, view.colour);
  for (std::size_t index = 0; index < shown; ++index) {
    out += Cut(Line(rows[index], view, name_width), view.width, view.colour);
  }
  return out;
}

}  // namespace loadline::agent
