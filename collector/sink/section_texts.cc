#include "collector/sink/section_texts.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

namespace loadline::collector {

SectionTexts::SectionTexts(const IntegrationConfig& config, const std::vector<std::string>& keys)
    : templates_(config.templates) {
  for (const auto& [key, value] : config.values) {
    const std::string outer = key.substr(0, key.find('.'));
    if (value.empty() || std::ranges::find(keys, outer) == keys.end()) continue;
    if (Result<TextTemplate> text = TextTemplate::Parse(value, templates_))
      texts_.emplace(key, std::move(*text));
  }
}

std::string SectionTexts::Say(const std::string& key, const TextData& data,
                              const std::string& otherwise) const {
  const auto found = texts_.find(key);
  if (found == texts_.end()) return otherwise;
  std::string said = found->second.Render(data).value_or("");
  return said.empty() ? otherwise : said;
}

std::vector<std::string> SectionTexts::Names(const std::string& mapping) const {
  const std::string prefix = mapping + ".";
  std::vector<std::string> names;
  for (auto it = texts_.lower_bound(prefix); it != texts_.end() && it->first.starts_with(prefix); ++it)
    names.push_back(it->first.substr(prefix.size()));
  return names;
}

std::vector<std::string> SectionTexts::Elements(const std::string& list) const {
  std::set<std::size_t> numbers;
  for (const std::string& name : Names(list)) {
    std::size_t number = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), number).ec == std::errc())
      numbers.insert(number);
  }
  std::vector<std::string> elements;
  for (const std::size_t number : numbers) elements.push_back(list + "." + std::to_string(number));
  return elements;
}

Result<Secret> FilledKey(const Secret& key, const TextData& data, const TemplateSetPtr& templates) {
  if (key.Reveal().find("{{") == std::string::npos) return key;
  const Result<TextTemplate> text = TextTemplate::Parse(key.Reveal(), templates);
  if (!text) return Failure(ErrorKind::kInvalid, "the key is a template that is not understood");
  std::string filled = text->Render(data).value_or("");
  if (filled.empty()) return Failure(ErrorKind::kInvalid, "the key is a template that gives nothing here");
  return Secret(std::move(filled));
}

std::vector<std::string> PartsOf(const std::string& list) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    std::string part = list.substr(at, end - at);
    part.erase(part.find_last_not_of(" \t\r\n") + 1);
    part.erase(0, part.find_first_not_of(" \t\r\n"));
    if (!part.empty()) parts.push_back(std::move(part));
    at = end + 1;
  }
  return parts;
}

}  // namespace loadline::collector
