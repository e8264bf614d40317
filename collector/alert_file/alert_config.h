// Routes, receivers, inhibit rules and time intervals from a file in Alertmanager's language.
//
// What Alertmanager refuses is refused, with file, line and key. Receivers of kinds that are not spoken here
// are accepted and named in `warnings`: the file is somebody's, and says who is not going to be told.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "collector/alert/dispatcher.h"
#include "collector/alert_file/integration_kind.h"
#include "collector/alert_text/template_set.h"
#include "schemas/base/result.h"

namespace loadline::collector {

// One way of telling a receiver, as its section of the file has it.
struct IntegrationConfig {
  std::string kind;  // "slack", "email", "webhook", "alertmanager", "log", "azure_logs", ...
  std::string name;  // "ops/slack[0]": the integration's and the lane's
  bool send_resolved = true;
  int line = 0;  // of its section
  // Its single values with those of `global` where it has none of its own; those within maps as
  // "headers.Subject".
  std::map<std::string, std::string> values;
  TemplateSetPtr templates = TemplateSet::BuiltIn();  // that its texts may call
};

struct AlertConfig {
  RoutingPlan plan;
  std::vector<IntegrationConfig> integrations;
  std::vector<std::string> warnings;
  TemplateSetPtr templates = TemplateSet::BuiltIn();
  std::string original;  // the text as it was read
  std::string file;      // of what name it was
};

// Adds the files that a pattern of `templates:` names.
using TemplateReader = std::function<Result<void>(const std::string& pattern, TemplateSet& into)>;

// `kinds`: the kinds of receivers that are spoken. `file` is for messages, and for what stands beside it. Without
// `read` the files of `templates:` are not looked at.
Result<AlertConfig> ParseAlertConfig(std::string_view text, const std::string& file,
                                     const std::vector<IntegrationKind>& kinds,
                                     const TemplateReader& read = {});
// With the files that it names.
Result<AlertConfig> ReadAlertConfig(const std::string& path, const std::vector<IntegrationKind>& kinds);

// The configuration as others may see it: values of keys that hold a secret by their type, and of headers,
// are "<secret>", as Alertmanager writes it, and of URLs only the host is left. Within what people fill in
// freely, as a webhook's payload, what is called like a secret is one. Empty for what is no YAML.
std::string WithoutSecrets(const std::string& original, const std::vector<IntegrationKind>& kinds);

}  // namespace loadline::collector
