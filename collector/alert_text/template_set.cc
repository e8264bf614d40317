#include "collector/alert_text/template_set.h"

#include <fmt/core.h>

#include "collector/alert_text/default_templates.h"
#include "collector/alert_text/template_fault.h"
#include "collector/alert_text/template_parser.h"

namespace loadline::collector {

std::shared_ptr<const TemplateSet> TemplateSet::BuiltIn() {
  static const auto kBuiltIn = [] {
    auto set = std::make_shared<TemplateSet>();
    for (auto& [name, definition] : ParseTemplate(kDefaultTemplates, "").defined)
      set->Put(name, std::move(definition));
    return set;
  }();
  return kBuiltIn;
}

Result<void> TemplateSet::Add(std::string_view text, const std::string& file) try {
  ParsedTemplate parsed = ParseTemplate(text, file);
  for (auto& [name, definition] : parsed.defined) Put(name, std::move(definition));
  Put(file.substr(file.rfind('/') + 1), {.nodes = std::move(parsed.nodes), .file = file});
  return {};
} catch (const TemplateFault& fault) {
  return Failure(ErrorKind::kInvalid, fmt::format("{}:{}: {}", file, fault.line, fault.words));
}

const TemplateDefinition* TemplateSet::Find(const std::string& name) const {
  const auto it = templates_.find(name);
  return it == templates_.end() ? nullptr : it->second.get();
}

void TemplateSet::Put(const std::string& name, TemplateDefinition definition) {
  std::shared_ptr<const TemplateDefinition>& place = templates_[name];
  if (place != nullptr && IsBlank(definition.nodes)) return;
  place = std::make_shared<const TemplateDefinition>(std::move(definition));
}

}  // namespace loadline::collector
