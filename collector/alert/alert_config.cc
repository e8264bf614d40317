#include "collector/alert/alert_config.h"

#include <fmt/core.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <set>

#include "collector/alert/interval_config.h"
#include "collector/alert/matcher_config.h"
#include "collector/alert/receiver_config.h"
#include "collector/alert/route_config.h"
#include "collector/alert/yaml_merge.h"
#include "collector/alert/yaml_reader.h"

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

AlertConfig Read(const YAML::Node& document) {
  if (!document.IsDefined() || document.IsNull()) throw ConfigFault{0, "the file is empty"};
  YamlMap top(document, "configuration");
  AlertConfig config;
  const GlobalValues global = ReadGlobal(top, config);
  const YAML::Node receivers = top.Take("receivers");
  if (receivers.IsDefined() && !receivers.IsNull() && !receivers.IsSequence())
    top.Fail("receivers", "expected a list");
  for (std::size_t i = 0; receivers.IsDefined() && i < receivers.size(); ++i)
    ReadReceiver(receivers[i], global, config);
  ReadTimeIntervals(top, "mute_time_intervals", config.plan.time_intervals);
  ReadTimeIntervals(top, "time_intervals", config.plan.time_intervals);
  CheckHours(config);
  const YAML::Node rules = top.Take("inhibit_rules");
  if (rules.IsDefined() && !rules.IsNull() && !rules.IsSequence())
    top.Fail("inhibit_rules", "expected a list");
  for (std::size_t i = 0; rules.IsDefined() && i < rules.size(); ++i) {
    config.plan.inhibit_rules.push_back(ReadInhibitRule(rules[i], i));
  }
  // What follows from what things are holds beside whatever the file says.
  std::ranges::move(TopologyRules(), std::back_inserter(config.plan.inhibit_rules));
  if (!top.Texts("templates").empty()) {
    config.warnings.emplace_back("templates: Go templates are not read; messages have our own words");
  }
  config.plan.root = ReadRoot(top);
  CheckNames(config.plan.root, NamesOf(config.plan.receivers), NamesOf(config.plan.time_intervals));
  top.Finish();
  return config;
}

}  // namespace

Result<AlertConfig> ParseAlertConfig(std::string_view text, const std::string& file) try {
  const YAML::Node document = YAML::Load(std::string(text));
  ResolveMerges(document);
  AlertConfig config = Read(document);
  config.original = text;
  return config;
} catch (const ConfigFault& fault) {
  return Failure(ErrorKind::kInvalid, fault.line > 0 ? fmt::format("{}:{}: {}", file, fault.line, fault.words)
                                                     : fmt::format("{}: {}", file, fault.words));
} catch (const YAML::Exception& error) {
  return Failure(ErrorKind::kInvalid, fmt::format("{}:{}: {}", file, error.mark.line + 1, error.msg));
}

Result<AlertConfig> ReadAlertConfig(const std::string& path) {
  std::ifstream file(path);
  if (!file) return SystemFailure("reading " + path, errno);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return ParseAlertConfig(text, path);
}

}  // namespace loadline::collector
