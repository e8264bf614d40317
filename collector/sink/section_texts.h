// The texts that a section of the alerting file gives for parts of a message, each a template, by their keys.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "collector/alert_file/alert_config.h"
#include "collector/alert_text/text_template.h"
#include "schemas/base/result.h"
#include "schemas/base/secret.h"

namespace loadline::collector {

class SectionTexts {
 public:
  SectionTexts() = default;
  // Of these keys, and of all below them: "details.firing", "links.0.href". What cannot be parsed was taken
  // away when the file was read.
  SectionTexts(const IntegrationConfig& config, const std::vector<std::string>& keys);

  // What the key says, filled with what templates see (own_texts.h). `otherwise`: there is no such text, or it
  // says nothing here, or it cannot be filled in.
  [[nodiscard]] std::string Say(const std::string& key, const TextData& data,
                                const std::string& otherwise = "") const;
  // The names of a mapping: of "details" all that stands below it, inner mappings as "outer.inner".
  [[nodiscard]] std::vector<std::string> Names(const std::string& mapping) const;
  // The prefixes of a list's elements, in its order: "links.0", "links.1".
  [[nodiscard]] std::vector<std::string> Elements(const std::string& list) const;

  // What its texts may call by name.
  [[nodiscard]] const TemplateSetPtr& templates() const { return templates_; }

 private:
  TemplateSetPtr templates_ = TemplateSet::BuiltIn();
  std::map<std::string, TextTemplate> texts_;
};

// A key of a service, which Alertmanager lets be a template: '{{ .CommonLabels.pager_key }}'. Fails where it
// is none, or gives nothing here; the error has none of it.
Result<Secret> FilledKey(const Secret& key, const TextData& data, const TemplateSetPtr& templates);

// The parts between commas, without spaces around them and without empty ones.
std::vector<std::string> PartsOf(const std::string& list);

}  // namespace loadline::collector
