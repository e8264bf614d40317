#include "collector/alert_file/alert_config.h"

#include <fmt/core.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "collector/alert_file/interval_config.h"
#include "collector/alert_file/matcher_config.h"
#include "collector/alert_file/receiver_config.h"
#include "collector/alert_file/route_config.h"
#include "collector/alert_file/template_files.h"
#include "collector/alert_file/unobeyed_blocks.h"
#include "collector/alert_file/yaml_merge.h"
#include "collector/alert_file/yaml_reader.h"
#include "schemas/base/text_file.h"

namespace loadline::collector {
namespace {

std::set<std::string> NamesOf(const std::vector<Receiver>& receivers) {
  std::set<std::string> names;
  for (const Receiver& receiver : receivers) names.insert(receiver.name);
  return names;
}

std::set<std::string> NamesOf(const std::map<std::string, TimeIntervals>& intervals) {
  std::set<std::string> names;
  for (const auto& [name, parts] : intervals) names.insert(name);
  return names;
}

// Of names of files. What is within brackets is not looked at.
bool IsPattern(std::string_view pattern) {
  bool open = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && ++i == pattern.size()) return false;
    if (pattern[i] == '[') open = true;
    if (pattern[i] == ']') open = false;
  }
  return !open;
}

// Files of http_config stand beside the configuration, as Alertmanager has it.
void FindHttpFiles(AlertConfig& config) {
  const std::filesystem::path folder = std::filesystem::path(config.file).parent_path();
  for (IntegrationConfig& integration : config.integrations) {
    for (auto& [key, value] : integration.values) {
      const bool names_one = key.starts_with("http_config.") &&
                             (key.ends_with("_file") || key.find(".files.") != std::string::npos);
      if (names_one && !value.empty()) value = (folder / value).string();
    }
  }
}

// As with Alertmanager a file that cannot be parsed is a fault of the whole, and a pattern may name none.
void ReadTemplates(YamlMap& top, const TemplateReader& read, AlertConfig& config) {
  auto templates = std::make_shared<TemplateSet>(*TemplateSet::BuiltIn());
  for (const std::string& pattern : top.Texts("templates")) {
    if (!IsPattern(pattern)) top.Fail("templates", fmt::format("'{}': a bracket is not closed", pattern));
    if (!read || pattern.empty()) continue;
    if (const Result<void> added = read(pattern, *templates); !added)
      top.Fail("templates", added.error().message);
  }
  config.templates = std::move(templates);
}

AlertConfig Read(const YAML::Node& document, const std::vector<IntegrationKind>& kinds,
                 const TemplateReader& read) {
  if (!document.IsDefined() || document.IsNull()) throw ConfigFault{0, "the file is empty"};
  YamlMap top(document, "configuration");
  AlertConfig config;
  const KeyValues global = ReadGlobal(top, kinds, config);
  ReadTemplates(top, read, config);
  ReadTimeIntervals(top, "mute_time_intervals", config.plan.time_intervals);
  ReadTimeIntervals(top, "time_intervals", config.plan.time_intervals);
  for (const YAML::Node& receiver : top.List("receivers")) ReadReceiver(receiver, kinds, global, config);
  const YAML::Node rules = top.List("inhibit_rules");
  for (std::size_t i = 0; i < rules.size(); ++i) {
    config.plan.inhibit_rules.push_back(ReadInhibitRule(rules[i], i));
  }
  config.plan.root =
      ReadRoot(top, {NamesOf(config.plan.receivers), NamesOf(config.plan.time_intervals), config.templates},
               config.warnings);
  ReadUnobeyedBlocks(top, config.warnings);
  top.Finish();
  return config;
}

}  // namespace

Result<AlertConfig> ParseAlertConfig(std::string_view text, const std::string& file,
                                     const std::vector<IntegrationKind>& kinds,
                                     const TemplateReader& read) try {
  const YAML::Node document = YAML::Load(std::string(text));
  ResolveMerges(document);
  AlertConfig config = Read(document, kinds, read);
  config.original = text;
  config.file = file;
  FindHttpFiles(config);
  return config;
} catch (const ConfigFault& fault) {
  return Failure(ErrorKind::kInvalid, fault.line > 0 ? fmt::format("{}:{}: {}", file, fault.line, fault.words)
                                                     : fmt::format("{}: {}", file, fault.words));
} catch (const YAML::Exception& error) {
  return Failure(ErrorKind::kInvalid, fmt::format("{}:{}: {}", file, error.mark.line + 1, error.msg));
}

Result<AlertConfig> ReadAlertConfig(const std::string& path, const std::vector<IntegrationKind>& kinds) {
  const auto text = ReadTextFile(path);
  if (!text) return Failure(text.error());
  return ParseAlertConfig(*text, path, kinds, TemplatesBeside(path));
}

}  // namespace loadline::collector
