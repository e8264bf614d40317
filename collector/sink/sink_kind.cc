#include "collector/sink/sink_kind.h"

namespace loadline::collector {

const std::vector<IntegrationKind>& SpokenKinds() {
  static const std::vector<IntegrationKind> kSections = [] {
    std::vector<IntegrationKind> sections;
    for (const SinkKind& kind : SinkKinds()) sections.push_back(kind.section);
    return sections;
  }();
  return kSections;
}

std::string ValueOf(const IntegrationConfig& config, const std::string& key, const std::string& otherwise) {
  const auto it = config.values.find(key);
  return it == config.values.end() || it->second.empty() ? otherwise : it->second;
}

std::optional<TextTemplate> TextOf(const IntegrationConfig& config, const std::string& key) {
  const std::string text = ValueOf(config, key);
  if (text.empty()) return std::nullopt;
  Result<TextTemplate> parsed = TextTemplate::Parse(text, config.templates);
  return parsed ? std::optional(std::move(*parsed)) : std::nullopt;
}

}  // namespace loadline::collector
