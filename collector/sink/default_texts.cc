#include "collector/sink/default_texts.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace loadline::collector {
namespace {

using nlohmann::json;

std::string Text(const json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::vector<std::pair<std::string, std::string>> Sorted(const json& labels) {
  constexpr const char* kFirst = "alertname";
  std::vector<std::pair<std::string, std::string>> pairs;
  if (labels.contains(kFirst)) pairs.emplace_back(kFirst, Text(labels.at(kFirst)));
  for (const auto& [name, value] : labels.items()) {
    if (name != kFirst) pairs.emplace_back(name, Text(value));
  }
  return pairs;
}

std::string Upper(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return text;
}

std::string AlertText(const json& alert, const ListForm& form) {
  std::string text = fmt::format("{}Labels:\n", form.before);
  for (const auto& [name, value] : Sorted(alert.at("Labels")))
    text += fmt::format("{}{} = {}\n", form.item, name, value);
  text += fmt::format("{}Annotations:\n", form.before);
  for (const auto& [name, value] : Sorted(alert.at("Annotations")))
    text += fmt::format("{}{} = {}\n", form.item, name, value);
  return text + fmt::format("{}Source: {}\n", form.before, Text(alert.at("GeneratorURL")));
}

}  // namespace

std::string ValuesText(const json& labels) {
  std::vector<std::string> values;
  for (auto& [name, value] : Sorted(labels)) values.push_back(std::move(value));
  return fmt::format("{}", fmt::join(values, " "));
}

json AlertsThatAre(const json& data, const char* status) {
  json found = json::array();
  for (const json& alert : data.at("Alerts")) {
    if (alert.at("Status") == status) found.push_back(alert);
  }
  return found;
}

std::string SubjectText(const json& data, std::size_t more) {
  const std::string status = Text(data.at("Status"));
  const std::size_t firing = AlertsThatAre(data, "firing").size() + more;
  json others = data.at("CommonLabels");
  for (const auto& [name, value] : data.at("GroupLabels").items()) others.erase(name);
  std::string text =
      fmt::format("[{}{}]", Upper(status), status == "firing" ? fmt::format(":{}", firing) : "");
  if (const std::string group = ValuesText(data.at("GroupLabels")); !group.empty()) text += " " + group;
  if (!others.empty()) text += " (" + ValuesText(others) + ")";
  return text;
}

std::string AlertListText(const json& alerts, const ListForm& form, std::size_t more, std::size_t bytes) {
  constexpr std::size_t kLastLine = 40;
  std::string text;
  std::size_t said = 0;
  for (const json& alert : alerts) {
    std::string next = AlertText(alert, form);
    if (text.size() + next.size() + kLastLine > bytes) break;
    text += next;
    ++said;
  }
  if (const std::size_t left = alerts.size() - said + more; left > 0)
    text += fmt::format("{}and {} more\n", form.before, left);
  return text;
}

}  // namespace loadline::collector
