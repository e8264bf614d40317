#include "collector/figures/describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "collector/figures/figures.h"
#include "schemas/wire/counters.h"

namespace loadline::collector {
namespace {

// A property of an object of the API.
struct Property {
  std::string name;
  std::string schema;
  std::string meaning;
};
using Table = std::vector<Property>;

template <typename Of>
Table TableOf(Figures<Of> figures) {
  Table table;
  for (const auto& figure : figures) table.push_back({figure.name, figure.schema, figure.meaning});
  return table;
}

Table CountersThat(bool own_family) {
  Table table;
  for (const wire::CounterRow& row : wire::kCounters) {
    if (row.own_family == own_family) table.push_back({row.name, "Count", row.meaning});
  }
  return table;
}

std::map<std::string, Table, std::less<>> Tables() {
  Table totals = TableOf(ContainerTotals());
  std::ranges::move(CountersThat(true), std::back_inserter(totals));
  return {{"agent", TableOf(AgentFigures())},
          {"collector", TableOf(CollectorFigures())},
          {"container", TableOf(ContainerFigures())},
          {"events", CountersThat(false)},
          {"node", TableOf(NodeFigures())},
          {"receiver", TableOf(ReceiverFigures())},
          {"totals", std::move(totals)},
          {"watch", TableOf(WatchFigures())}};
}

// Within double quotes, as YAML and JSON have it.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string AsProperties(const Table& table, std::string_view indent) {
  std::string text;
  for (const Property& one : table) {
    text +=
        fmt::format("{0}{1}:\n{0}  description: {2}\n{0}  allOf: [{{$ref: \"#/components/schemas/{3}\"}}]\n",
                    indent, one.name, Quoted(one.meaning), one.schema);
  }
  return text;
}

std::string AsList(const Table& table, std::string_view indent) {
  std::string text;
  for (const Property& one : table) text += fmt::format("{}- {}\n", indent, one.name);
  return text;
}

}  // namespace

Result<std::string> Describe(std::string_view outline) {
  constexpr std::string_view kProperties = "# figures: ";
  constexpr std::string_view kRequired = "# required figures: ";
  const auto tables = Tables();
  std::string text;
  for (std::size_t number = 1; !outline.empty(); ++number) {
    const std::string_view line = outline.substr(0, outline.find('\n'));
    outline.remove_prefix(std::min(line.size() + 1, outline.size()));
    const std::string_view indent = line.substr(0, std::min(line.find_first_not_of(' '), line.size()));
    std::string_view rest = line.substr(indent.size());
    const bool required = rest.starts_with(kRequired);
    if (!required && !rest.starts_with(kProperties)) {
      text.append(line) += '\n';
      continue;
    }
    rest.remove_prefix(required ? kRequired.size() : kProperties.size());
    const auto table = tables.find(rest);
    if (table == tables.end())
      return Failure(ErrorKind::kInvalid, fmt::format("line {}: there are no figures '{}'", number, rest));
    text += required ? AsList(table->second, indent) : AsProperties(table->second, indent);
  }
  return text;
}

}  // namespace loadline::collector
