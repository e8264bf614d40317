#include "collector/alert_file/receiver_config.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <re2/re2.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string_view>

#include "collector/alert_file/route_config.h"
#include "collector/alert_file/section_checks.h"
#include "collector/alert_text/template_trial.h"
#include "collector/alert_text/text_template.h"

namespace loadline::collector {
namespace {

using Values = KeyValues;

bool Given(const Values& values, const std::string& key) {
  auto it = values.find(key);
  return it != values.end() && !it->second.empty();
}

void CheckNeeds(const YamlMap& map, const IntegrationKind& kind, const Values& global, Values& values) {
  for (const KeyNeed& need : kind.needs) {
    const auto own =
        std::ranges::count_if(need.own, [&](const std::string& key) { return Given(values, key); });
    if (own > 1 && !need.several)
      map.Fail("more than one given of: " + fmt::format("{}", fmt::join(need.own, ", ")));
    if (own > 0) continue;
    std::size_t i = 0;
    while (i < need.global.size() && !Given(global, need.global[i])) ++i;
    if (i < need.global.size()) {
      values[need.own[i]] = global.at(need.global[i]);
    } else if (!need.what.empty()) {
      map.Fail(need.what);
    }
  }
}

constexpr std::string_view kHttp = "http_config";

// A section that says nothing of it has the whole of global's, and one that does has nothing of it.
void TakeHttpOfGlobal(const YamlMap& map, const IntegrationKind& kind, const Values& global, Values& values) {
  const std::string key(kHttp);
  if (!kind.keys.contains(key) || (map.Has(key) && !map.node()[key].IsNull())) return;
  for (const auto& [name, value] : global) {
    if (name.starts_with(key + ".")) values[name] = value;
  }
}

// yes, on, True: whatever is read of a flag later is true or false. What is no flag was refused before.
void WriteFlagsAlike(const IntegrationKind& kind, Values& values) {
  for (const auto& [key, type] : kind.keys) {
    if (type == KeyType::kFlag && Given(values, key))
      values[key] = YamlFlag(values.at(key)).value_or(true) ? "true" : "false";
  }
}

IntegrationConfig ReadIntegration(const YAML::Node& node, const IntegrationKind& kind,
                                  const std::string& what, const Values& global) {
  YamlMap map(node, what);
  IntegrationConfig integration{.kind = kind.name, .name = {}, .send_resolved = {}, .values = {}};
  integration.send_resolved = map.Flag("send_resolved", kind.send_resolved);
  if (map.node().IsNull()) map.Fail("nothing is said of it");
  if (map.node().IsMap()) {
    for (const auto& entry : map.node()) {
      const std::string& key = entry.first.Scalar();
      if (key != "send_resolved" && !kind.keys.contains(key)) map.Fail(fmt::format("unknown key '{}'", key));
    }
  }
  map.TakeRest(integration.values);
  TakeHttpOfGlobal(map, kind, global, integration.values);
  CheckNeeds(map, kind, global, integration.values);
  CheckKeys(map, kind.keys, integration.values);
  WriteFlagsAlike(kind, integration.values);
  if (kind.check) kind.check(map, integration.values);
  return integration;
}

std::vector<std::string> KeysBelow(const std::string& key, const Values& values) {
  std::vector<std::string> keys;
  for (const auto& [name, value] : values) {
    if (name.starts_with(key + ".")) keys.push_back(name);
  }
  return keys;
}

constexpr std::string_view kSuffix = "_configs";

// Alertmanager takes any template, and says so only when it sends. What cannot be parsed, or calls what is not
// there, is said now, and the built-in text stands in; so is what cannot be filled in with alerts that are made
// up, which is tried all the same when it is sent.
void LeaveOutOddTexts(const IntegrationKind& kind, IntegrationConfig& config, const YamlMap& map,
                      std::vector<std::string>& warnings) {
  const auto parse = [&](const std::string& key, const char* instead) {
    const auto value = config.values.find(key);
    if (value == config.values.end() || value->second.empty()) return;
    const auto warn = [&](const std::string& words) {
      const YAML::Node node = map.node()[key.substr(0, key.find('.'))];
      const int line = (node.IsDefined() ? node : map.node()).Mark().line + 1;
      warnings.push_back(fmt::format("line {}: {}: {}: {}; {}", line, map.what(), key, words, instead));
    };
    const auto parsed = TextTemplate::Parse(value->second, config.templates);
    if (!parsed) {
      warn(parsed.error().message);
      config.values.erase(value);
    } else if (const auto fails = WhatFails(*parsed, key == "html")) {
      warn(*fails);
    }
  };
  for (const auto& [key, type] : kind.keys) {
    // A link that has no template in it is none that could be odd.
    if (type == KeyType::kTemplate || type == KeyType::kLink) parse(key, "the built-in text is used");
    if (type != KeyType::kHeaders && type != KeyType::kTexts) continue;
    const char* instead = type == KeyType::kTexts ? "it is left out" : "the built-in text is used";
    for (const std::string& inner : KeysBelow(key, config.values)) parse(inner, instead);
  }
}

// How a receiver is to be reached in a way that we do not know: accepted, as Alertmanager does, and said, for
// the receiver may well not be reached.
void SayWhatIsNotObeyed(const IntegrationKind& kind, const IntegrationConfig& config, const YamlMap& map,
                        std::vector<std::string>& warnings) {
  const auto warn = [&](const std::string& key, const std::string& words) {
    const YAML::Node node = map.node()[key];
    const int line = (node.IsDefined() ? node : map.node()).Mark().line + 1;
    warnings.push_back(fmt::format("line {}: {}: {}{}", line, map.what(), key, words));
  };
  for (const auto& [key, words] :
       kind.doubts != nullptr ? kind.doubts(config.values, config.templates) : std::vector<KeyDoubt>{})
    warn(key, fmt::format(": {}; nobody is told this way", words));
  std::set<std::string> said;
  for (const auto& [key, value] : config.values) {
    const std::string outer = key.starts_with("headers.") ? key : key.substr(0, key.find('.'));
    if (kind.ignores != nullptr && !value.empty() && kind.ignores(key) && said.insert(outer).second)
      warn(outer, " is not obeyed here");
    const bool about_the_way = key.starts_with("tls_config.") || key.starts_with("auth_secret");
    if (!about_the_way || kind.obeyed.contains(key) || YamlFlag(value) == false) continue;
    warnings.push_back(
        fmt::format("line {}: {}: {} is not obeyed here", map.node().Mark().line + 1, map.what(), key));
  }
}

// Of action groups: from which severity on, and in which hours, they are told.
Integration Addressee(const IntegrationKind& kind, const IntegrationConfig& config, YamlMap map,
                      const std::map<std::string, TimeIntervals>& intervals) {
  Integration integration{.name = config.name, .send_resolved = config.send_resolved};
  if (kind.one_by_one) {
    const auto most = config.values.find("max_alerts");
    integration.names = most == config.values.end() ? 0 : std::strtoul(most->second.c_str(), nullptr, 10);
  }
  if (Given(config.values, "min_severity")) {
    const std::string& name = config.values.at("min_severity");
    const auto known = SeverityNamed(name);
    if (!known) map.Fail("min_severity", fmt::format("'{}' is none of Sev0 to Sev4", name));
    integration.min_severity = *known;
  }
  if (map.Has("hours")) integration.hours = map.Texts("hours");
  for (const std::string& name : integration.hours) {
    if (!intervals.contains(name)) map.Fail("hours", fmt::format("undefined time interval '{}'", name));
  }
  return integration;
}

// Reads all sections of a kind in a receiver.
void ReadSections(YamlMap& map, const IntegrationKind& kind, bool spoken, const Values& global,
                  Receiver& receiver, AlertConfig& config) {
  const std::string key = kind.name + std::string(kSuffix);
  const YAML::Node list = map.Take(key);
  if (!list.IsDefined() || list.IsNull()) return;
  if (!list.IsSequence()) map.Fail(key, "expected a list");
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string what = fmt::format("receiver '{}': {}[{}]", receiver.name, key, i);
    IntegrationConfig integration = ReadIntegration(list[i], kind, what, global);
    integration.name = fmt::format("{}/{}[{}]", receiver.name, kind.name, i);
    integration.templates = config.templates;
    const YamlMap section(list[i], what);
    integration.line = section.node().Mark().line + 1;
    if (!spoken) {
      config.warnings.push_back(
          fmt::format("receiver '{}': {} is not spoken here; nothing is sent that way", receiver.name, key));
      continue;
    }
    LeaveOutOddTexts(kind, integration, section, config.warnings);
    SayWhatIsNotObeyed(kind, integration, section, config.warnings);
    receiver.integrations.push_back(Addressee(kind, integration, section, config.plan.time_intervals));
    config.integrations.push_back(std::move(integration));
  }
}

// As Prometheus has them in its own file; they are no key of Alertmanager's, which has no alerts of its own.
Labels ReadExternalLabels(const YAML::Node& node) {
  static const re2::RE2 kName("[a-zA-Z_][a-zA-Z0-9_]*");
  YamlMap map(node, "global: external_labels");
  Labels labels;
  if (!map.node().IsDefined() || !map.node().IsMap()) return labels;
  for (const auto& entry : map.node()) {
    const std::string& name = entry.first.Scalar();
    if (!re2::RE2::FullMatch(name, kName)) map.Fail(name, "not a label's name");
    if (name == "alertname" || name == "severity") map.Fail(name, "every alert says it itself");
    if (std::string value = map.Text(name); !value.empty()) labels[name] = std::move(value);
  }
  return labels;
}

}  // namespace

void ReadReceiver(const YAML::Node& node, const std::vector<IntegrationKind>& kinds, const KeyValues& global,
                  AlertConfig& config) {
  YamlMap map(node, "receiver");
  Receiver receiver{.name = map.Text("name"), .integrations = {}};
  if (!node.IsMap()) map.Fail("expected a mapping");
  if (receiver.name.empty()) map.Fail("it has no name");
  if (std::ranges::find(config.plan.receivers, receiver.name, &Receiver::name) !=
      config.plan.receivers.end()) {
    map.Fail(fmt::format("receiver '{}' twice", receiver.name));
  }
  // In the order of their names, whoever speaks them.
  std::map<std::string, std::pair<const IntegrationKind*, bool>> by_name;
  for (const IntegrationKind& kind : kinds) by_name[kind.name] = {&kind, true};
  for (const IntegrationKind& kind : UnspokenKinds()) by_name.try_emplace(kind.name, &kind, false);
  for (const auto& [name, kind] : by_name)
    ReadSections(map, *kind.first, kind.second, global, receiver, config);
  // For those who ask Alertmanager's API for receivers of a kind; nothing is told by them.
  const YAML::Node labels = map.Take("labels");
  if (labels.IsDefined() && !labels.IsNull() && !labels.IsMap()) map.Fail("labels", "expected a mapping");
  map.Finish();
  config.plan.receivers.push_back(std::move(receiver));
}

KeyValues ReadGlobal(YamlMap& top, const std::vector<IntegrationKind>& kinds, AlertConfig& config) {
  YamlMap map(top.Take("global"), "global");
  config.plan.resolve_timeout = ReadDuration(map, "resolve_timeout", config.plan.resolve_timeout);
  const KeyTypes keys = GlobalKeys(kinds);
  KeyValues values;
  if (map.node().IsDefined() && map.node().IsMap()) {
    for (const auto& entry : map.node()) {
      const std::string& key = entry.first.Scalar();
      if (!keys.contains(key)) map.Fail(fmt::format("unknown key '{}'", key));
    }
  }
  config.plan.own_labels = ReadExternalLabels(map.Take("external_labels"));
  map.TakeRest(values);
  for (const auto& [key, value] : values) {
    if (!value.empty() && Given(values, key + "_file"))
      map.Fail(fmt::format("only one of {} and {}_file", key, key));
  }
  for (const IntegrationKind& kind : kinds) {
    if (kind.check_global) kind.check_global(map, values);
  }
  CheckKeys(map, keys, values);
  return values;
}

}  // namespace loadline::collector
