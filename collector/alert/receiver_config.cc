#include "collector/alert/receiver_config.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "collector/alert/address_checks.h"
#include "collector/alert/integration_keys.h"
#include "collector/alert/receiver_checks.h"
#include "collector/alert/route_config.h"
#include "collector/alert/text_template.h"

namespace loadline::collector {
namespace {

using Values = GlobalValues;

bool Given(const Values& values, const std::string& key) {
  auto it = values.find(key);
  return it != values.end() && !it->second.empty();
}

void CheckNeeds(const YamlMap& map, const IntegrationKeys& keys, const Values& global, Values& values) {
  for (const IntegrationKeys::Need& need : keys.needs) {
    const auto own =
        std::ranges::count_if(need.own, [&](const std::string& key) { return Given(values, key); });
    if (own > 1 && !need.several)
      map.Fail("more than one given of: " + fmt::format("{}", fmt::join(need.own, ", ")));
    if (own > 0) continue;
    std::size_t i = 0;
    while (i < need.global.size() && !Given(global, need.global[i])) ++i;
    if (i == need.global.size()) map.Fail(need.what);
    values[need.own[i]] = global.at(need.global[i]);
  }
}

// What `global` gives to every e-mail section that does not say it itself.
void InheritMail(const Values& global, Values& values) {
  static const std::map<std::string, std::string> kFromGlobal = {
      {"hello", "smtp_hello"},
      {"auth_username", "smtp_auth_username"},
      {"auth_identity", "smtp_auth_identity"},
      {"require_tls", "smtp_require_tls"},
      {"force_implicit_tls", "smtp_force_implicit_tls"},
      {"tls_config.ca_file", "smtp_tls_config.ca_file"}};
  for (const auto& [own, from] : kFromGlobal) {
    if (!Given(values, own) && Given(global, from)) values[own] = global.at(from);
  }
  if (Given(values, "auth_password") || Given(values, "auth_password_file")) return;
  for (const char* key : {"auth_password", "auth_password_file"}) {
    if (Given(global, std::string("smtp_") + key)) values[key] = global.at(std::string("smtp_") + key);
  }
}

// yes, on, True: whatever is read of a flag later is true or false. What is no flag was refused before.
void WriteFlagsAlike(Values& values) {
  for (const char* key : {"require_tls", "force_implicit_tls", "update_message"}) {
    if (Given(values, key)) values[key] = YamlFlag(values.at(key)).value_or(true) ? "true" : "false";
  }
}

IntegrationConfig ReadIntegration(const YAML::Node& node, const std::string& kind, const std::string& what,
                                  const Values& global) {
  const IntegrationKeys& keys = AllIntegrationKeys().at(kind);
  YamlMap map(node, what);
  IntegrationConfig integration{.kind = kind, .name = {}, .send_resolved = {}, .values = {}};
  integration.send_resolved = map.Flag("send_resolved", keys.send_resolved);
  if (map.node().IsNull()) map.Fail("nothing is said of it");
  if (map.node().IsMap()) {
    for (const auto& entry : map.node()) {
      if (!keys.keys.contains(entry.first.Scalar()))
        map.Fail(fmt::format("unknown key '{}'", entry.first.Scalar()));
    }
  }
  map.TakeRest(integration.values);
  CheckNeeds(map, keys, global, integration.values);
  for (const std::string& key : keys.urls) CheckUrl(map, integration.values, key);
  CheckReceiver(kind, map, integration.values);
  if (kind == "email") {
    InheritMail(global, integration.values);
    CheckHostPort(map, integration.values, "smarthost");
  }
  WriteFlagsAlike(integration.values);
  return integration;
}

constexpr std::string_view kSuffix = "_configs";
bool Spoken(const std::string& kind) {
  static const std::set<std::string> kSpoken = {"slack", "email",      "webhook",     "alertmanager",
                                                "log",   "azure_logs", "azure_events"};
  return kSpoken.contains(kind);
}

// Alertmanager takes any template, and says so only when it sends. What is beyond the language that is known
// here is said now, and the built-in text stands in.
void LeaveOutOddTexts(IntegrationConfig& config, const YamlMap& map, std::vector<std::string>& warnings) {
  if (config.kind != "slack" && config.kind != "email") return;
  for (const char* key : {"title", "text", "html", "headers.Subject"}) {
    const auto value = config.values.find(key);
    if (value == config.values.end()) continue;
    const auto parsed = TextTemplate::Parse(value->second);
    if (parsed) continue;
    const YAML::Node node = map.node()[key];
    const int line = (node.IsDefined() ? node : map.node()).Mark().line + 1;
    warnings.push_back(fmt::format("line {}: {}: {}: {}; the built-in text is used", line, map.what(), key,
                                   parsed.error().message));
    config.values.erase(value);
  }
}

// How a receiver is to be reached in a way that we do not know: accepted, as Alertmanager does, and said, for
// the receiver may well not be reached.
void SayWhatIsNotObeyed(const IntegrationConfig& config, const YamlMap& map,
                        std::vector<std::string>& warnings) {
  static const std::set<std::string> kObeyed = {
      "http_config.authorization.type", "http_config.authorization.credentials_file",
      "http_config.follow_redirects", "http_config.enable_http2", "tls_config.ca_file"};
  for (const auto& [key, value] : config.values) {
    const bool about_the_way =
        key.starts_with("http_config.") || key.starts_with("tls_config.") || key.starts_with("auth_secret");
    const bool by_kind = key == (config.kind == "slack" ? "http_config.authorization.credentials"
                                                        : "http_config.bearer_token_file");
    if (!about_the_way || by_kind || kObeyed.contains(key) || YamlFlag(value) == false) continue;
    warnings.push_back(
        fmt::format("line {}: {}: {} is not obeyed here", map.node().Mark().line + 1, map.what(), key));
  }
}

// Of action groups: from which severity on, and in which hours, they are told.
Integration Addressee(const IntegrationConfig& config, YamlMap map) {
  Integration integration{.name = config.name, .send_resolved = config.send_resolved};
  if (Given(config.values, "min_severity")) {
    const std::string& name = config.values.at("min_severity");
    const auto known = SeverityNamed(name);
    if (!known) map.Fail("min_severity", fmt::format("'{}' is none of Sev0 to Sev4", name));
    integration.min_severity = *known;
  }
  if (map.Has("hours")) integration.hours = map.Texts("hours");
  return integration;
}

// An app's token and a webhook's URL are two ways to one channel, as Alertmanager has it; a URL that is the
// app's own names no webhook.
void CheckSlackWays(const YamlMap& map, const Values& global) {
  const bool by_app = Given(global, "slack_app_token") || Given(global, "slack_app_token_file");
  const std::string app_url =
      Given(global, "slack_app_url") ? global.at("slack_app_url") : "https://slack.com/api/chat.postMessage";
  const bool by_url = Given(global, "slack_api_url") && global.at("slack_api_url") != app_url;
  if (by_app && (by_url || Given(global, "slack_api_url_file")))
    map.Fail("only one of slack_app_token and slack_api_url");
}

}  // namespace

void CheckHours(const AlertConfig& config) {
  for (const Receiver& receiver : config.plan.receivers) {
    for (const Integration& integration : receiver.integrations) {
      for (const std::string& name : integration.hours) {
        if (!config.plan.time_intervals.contains(name))
          throw ConfigFault{0,
                            fmt::format("{}: hours: undefined time interval '{}'", integration.name, name)};
      }
    }
  }
}

void ReadReceiver(const YAML::Node& node, const GlobalValues& global, AlertConfig& config) {
  YamlMap map(node, "receiver");
  Receiver receiver{.name = map.Text("name"), .integrations = {}};
  if (receiver.name.empty()) map.Fail("a receiver without a name");
  if (std::ranges::find(config.plan.receivers, receiver.name, &Receiver::name) !=
      config.plan.receivers.end()) {
    map.Fail(fmt::format("receiver '{}' twice", receiver.name));
  }
  for (const auto& [kind, keys] : AllIntegrationKeys()) {
    const std::string key = kind + std::string(kSuffix);
    const YAML::Node list = map.Take(key);
    if (!list.IsDefined() || list.IsNull()) continue;
    if (!list.IsSequence()) map.Fail(key, "expected a list");
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::string what = fmt::format("receiver '{}': {}[{}]", receiver.name, key, i);
      IntegrationConfig integration = ReadIntegration(list[i], kind, what, global);
      integration.name = fmt::format("{}/{}[{}]", receiver.name, kind, i);
      if (!Spoken(kind)) {
        config.warnings.push_back(fmt::format(
            "receiver '{}': {} is not spoken here; nothing is sent that way", receiver.name, key));
        continue;
      }
      LeaveOutOddTexts(integration, YamlMap(list[i], what), config.warnings);
      SayWhatIsNotObeyed(integration, YamlMap(list[i], what), config.warnings);
      receiver.integrations.push_back(Addressee(integration, YamlMap(list[i], what)));
      config.integrations.push_back(std::move(integration));
    }
  }
  map.Finish();
  config.plan.receivers.push_back(std::move(receiver));
}

GlobalValues ReadGlobal(YamlMap& top, AlertConfig& config) {
  YamlMap map(top.Take("global"), "global");
  config.plan.resolve_timeout = ReadDuration(map, "resolve_timeout", config.plan.resolve_timeout);
  Values values;
  if (map.node().IsDefined() && map.node().IsMap()) {
    for (const auto& entry : map.node()) {
      const std::string& key = entry.first.Scalar();
      if (!GlobalKeys().contains(key)) map.Fail(fmt::format("unknown key '{}'", key));
    }
  }
  map.TakeRest(values);
  for (const auto& [key, value] : values) {
    if (!value.empty() && Given(values, key + "_file"))
      map.Fail(fmt::format("only one of {} and {}_file", key, key));
  }
  CheckSlackWays(map, values);
  CheckHostPort(map, values, "smtp_smarthost");
  for (const auto& [key, value] : values) {
    if (key.ends_with("_url") && key.find('.') == std::string::npos) CheckUrl(map, values, key);
  }
  CheckHttpConfig(map);
  CheckTypes(map);
  return values;
}

}  // namespace loadline::collector
