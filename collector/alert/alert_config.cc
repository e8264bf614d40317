#include "collector/alert/alert_config.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <set>

#include "collector/alert/integration_keys.h"
#include "collector/alert/receiver_checks.h"
#include "collector/alert/text_template.h"
#include "collector/alert/yaml_reader.h"

namespace loadline::collector {
namespace {

// The value, or the fault with the place of `key`.
template <typename T>
T Expect(Result<T> result, const YamlMap& map, const std::string& key) {
  if (!result) map.Fail(key, result.error().message);
  return std::move(*result);
}

bool IsLabelName(const std::string& name) {
  return !name.empty() && name.find_first_of(" \t\n\"{},=~!") == std::string::npos &&
         !(name[0] >= '0' && name[0] <= '9');
}

// ---- matchers
// ------------------------------------------------------------------------------------------------

// `match` and `match_re`: mappings of label to value.
void ReadMatch(YamlMap& map, const std::string& key, Matcher::Op op, Matchers& out) {
  YamlMap values(map.Take(key), map.what() + "." + key);
  if (!map.Has(key)) return;
  for (const auto& entry : values.node()) {
    const std::string name = entry.first.Scalar();
    if (!IsLabelName(name)) values.Fail(fmt::format("'{}' is no label name", name));
    if (op == Matcher::Op::kMatches && entry.second.IsNull())
      values.Fail(name, "an expression cannot be null");
    out.push_back(Expect(Matcher::Make(name, op, values.Text(name)), values, name));
  }
}

// The three ways to say what must match; `prefix` is "", "source_" or "target_".
Matchers ReadMatchers(YamlMap& map, const std::string& prefix) {
  Matchers matchers;
  ReadMatch(map, prefix + "match", Matcher::Op::kEqual, matchers);
  ReadMatch(map, prefix + "match_re", Matcher::Op::kMatches, matchers);
  const std::string key = prefix + "matchers";
  for (const std::string& text : map.Texts(key)) {
    for (Matcher& matcher : Expect(ParseMatchers(text), map, key)) matchers.push_back(std::move(matcher));
  }
  return matchers;
}

// ---- routes
// --------------------------------------------------------------------------------------------------

Duration ReadDuration(YamlMap& map, const std::string& key, Duration otherwise) {
  const std::string text = map.Text(key);
  if (text.empty() && map.Has(key) && map.node()[key].IsScalar()) map.Fail(key, "an empty duration");
  return text.empty() ? otherwise : Expect(ParsePrometheusDuration(text), map, key);
}

void ReadGroupBy(YamlMap& map, Route& route) {
  if (!map.Has("group_by")) return;
  route.group_by.clear();
  route.group_by_all = false;
  std::set<std::string> seen;
  for (const std::string& name : map.Texts("group_by")) {
    if (name == "...") {
      route.group_by_all = true;
    } else if (!IsLabelName(name)) {
      map.Fail("group_by", fmt::format("'{}' is no label name", name));
    } else {
      route.group_by.push_back(name);
    }
    if (!seen.insert(name).second) map.Fail("group_by", fmt::format("'{}' twice", name));
  }
  if (route.group_by_all && !route.group_by.empty())
    map.Fail("group_by", "'...' stands for all labels and alone");
}

// `parent` has what is inherited: everything but what makes a route this route.
Route ReadRoute(const YAML::Node& node, const Route& parent, const std::string& what) {
  YamlMap map(node, what);
  Route route = parent;
  route.routes.clear();
  route.mute_time_intervals = map.Texts("mute_time_intervals");
  route.active_time_intervals = map.Texts("active_time_intervals");
  route.matchers = ReadMatchers(map, "");
  route.continue_matching = map.Flag("continue", false);
  route.receiver = map.Text("receiver", parent.receiver);
  ReadGroupBy(map, route);
  route.group_wait = ReadDuration(map, "group_wait", parent.group_wait);
  route.group_interval = ReadDuration(map, "group_interval", parent.group_interval);
  route.repeat_interval = ReadDuration(map, "repeat_interval", parent.repeat_interval);
  if (route.group_interval == Duration::zero()) map.Fail("group_interval", "cannot be zero");
  if (route.repeat_interval == Duration::zero()) map.Fail("repeat_interval", "cannot be zero");
  const YAML::Node children = map.Take("routes");
  if (children.IsDefined() && !children.IsNull() && !children.IsSequence())
    map.Fail("routes", "expected a list");
  for (std::size_t i = 0; children.IsDefined() && i < children.size(); ++i) {
    route.routes.push_back(ReadRoute(children[i], route, fmt::format("{}.routes[{}]", what, i)));
  }
  map.Finish();
  return route;
}

void CheckRoute(const Route& route, const AlertConfig& config) {
  const auto known = [&](const Receiver& receiver) { return receiver.name == route.receiver; };
  if (!std::ranges::any_of(config.plan.receivers, known)) {
    throw ConfigFault{0, fmt::format("route: undefined receiver '{}'", route.receiver)};
  }
  for (const auto* names : {&route.mute_time_intervals, &route.active_time_intervals}) {
    for (const std::string& name : *names) {
      if (!config.plan.time_intervals.contains(name)) {
        throw ConfigFault{0, fmt::format("route: undefined time interval '{}'", name)};
      }
    }
  }
  for (const Route& child : route.routes) CheckRoute(child, config);
}

Route ReadRoot(YamlMap& top) {
  const YAML::Node node = top.Take("route");
  if (!node.IsDefined() || node.IsNull()) top.Fail("no route");
  Route root = ReadRoute(node, Route{}, "route");
  YamlMap map(node, "route");
  if (root.receiver.empty()) map.Fail("the root has no receiver");
  if (!root.matchers.empty()) map.Fail("the root takes everything and must not have matchers");
  if (root.continue_matching) map.Fail("continue", "the root has nothing to continue to");
  if (!root.mute_time_intervals.empty()) map.Fail("mute_time_intervals", "the root must not have any");
  if (!root.active_time_intervals.empty()) map.Fail("active_time_intervals", "the root must not have any");
  SetKeys(root);
  return root;
}

// ---- receivers
// -----------------------------------------------------------------------------------------------

using Values = std::map<std::string, std::string>;

bool Given(const Values& values, const std::string& key) {
  auto it = values.find(key);
  return it != values.end() && !it->second.empty();
}

void CheckNeeds(const YamlMap& map, const IntegrationKeys& keys, const Values& global, Values& values) {
  for (const IntegrationKeys::Need& need : keys.needs) {
    const auto own =
        std::ranges::count_if(need.own, [&](const std::string& key) { return Given(values, key); });
    if (own > 1) map.Fail("more than one given of: " + fmt::format("{}", fmt::join(need.own, ", ")));
    if (own == 1) continue;
    std::size_t i = 0;
    while (i < need.global.size() && !Given(global, need.global[i])) ++i;
    if (i == need.global.size()) map.Fail(need.what);
    values[need.own[i]] = global.at(need.global[i]);
  }
}

void CheckUrl(const YamlMap& map, const Values& values, const std::string& key) {
  if (!Given(values, key)) return;
  const std::string& url = values.at(key);
  const bool http = url.starts_with("http://") || url.starts_with("https://");
  if (!http || url.find("://") + 3 >= url.size()) map.Fail(key, "expected http:// or https:// and a host");
}

// What `global` gives to every e-mail section that does not say it itself.
void InheritMail(const Values& global, Values& values) {
  static const std::map<std::string, std::string> kFromGlobal = {{"hello", "smtp_hello"},
                                                                 {"auth_username", "smtp_auth_username"},
                                                                 {"auth_identity", "smtp_auth_identity"},
                                                                 {"require_tls", "smtp_require_tls"}};
  for (const auto& [own, from] : kFromGlobal) {
    if (!Given(values, own) && Given(global, from)) values[own] = global.at(from);
  }
  if (Given(values, "auth_password") || Given(values, "auth_password_file")) return;
  for (const char* key : {"auth_password", "auth_password_file"}) {
    if (Given(global, std::string("smtp_") + key)) values[key] = global.at(std::string("smtp_") + key);
  }
}

IntegrationConfig ReadIntegration(const YAML::Node& node, const std::string& kind, const std::string& what,
                                  const Values& global) {
  const IntegrationKeys& keys = AllIntegrationKeys().at(kind);
  YamlMap map(node, what);
  IntegrationConfig integration{.kind = kind, .name = {}, .send_resolved = {}, .values = {}};
  integration.send_resolved = map.Flag("send_resolved", keys.send_resolved);
  if (!keys.keys.empty() && map.node().IsMap()) {
    for (const auto& entry : map.node()) {
      if (!keys.keys.contains(entry.first.Scalar()))
        map.Fail(fmt::format("unknown key '{}'", entry.first.Scalar()));
    }
  }
  map.TakeRest(integration.values);
  CheckNeeds(map, keys, global, integration.values);
  CheckUrl(map, integration.values, kind == "slack" ? "api_url" : "url");
  CheckReceiver(kind, map, integration.values);
  if (kind == "email") {
    if (Given(integration.values, "auth_password") && Given(integration.values, "auth_password_file")) {
      map.Fail("only one of auth_password and auth_password_file");
    }
    InheritMail(global, integration.values);
    if (integration.values["smarthost"].find(':') == std::string::npos)
      map.Fail("smarthost", "expected host:port");
  }
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

void ReadReceiver(const YAML::Node& node, const Values& global, AlertConfig& config) {
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
      receiver.integrations.push_back(Addressee(integration, YamlMap(list[i], what)));
      config.integrations.push_back(std::move(integration));
    }
  }
  map.Finish();
  config.plan.receivers.push_back(std::move(receiver));
}

Values ReadGlobal(YamlMap& top, AlertConfig& config) {
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
  if (Given(values, "smtp_smarthost") && values["smtp_smarthost"].find(':') == std::string::npos) {
    map.Fail("smtp_smarthost", "expected host:port");
  }
  CheckUrl(map, values, "slack_api_url");
  return values;
}

// ---- inhibit rules and time intervals
// --------------------------------------------------------------------------

InhibitRule ReadInhibitRule(const YAML::Node& node, std::size_t number) {
  YamlMap map(node, fmt::format("inhibit_rules[{}]", number));
  InhibitRule rule;
  (void)map.Text("name");
  rule.source = ReadMatchers(map, "source_");
  rule.target = ReadMatchers(map, "target_");
  for (const std::string& label : map.Texts("equal")) {
    if (!IsLabelName(label)) map.Fail("equal", fmt::format("'{}' is no label name", label));
    rule.equal.insert(label);
  }
  map.Finish();
  return rule;
}

std::vector<IntRange> ReadRanges(YamlMap& map, const std::string& key,
                                 Result<IntRange> (*parse)(std::string_view)) {
  std::vector<IntRange> ranges;
  for (const std::string& text : map.Texts(key)) ranges.push_back(Expect(parse(text), map, key));
  return ranges;
}

TimeInterval ReadTimeInterval(const YAML::Node& node, const std::string& what) {
  YamlMap map(node, what);
  TimeInterval interval;
  const YAML::Node times = map.Take("times");
  for (std::size_t i = 0; times.IsDefined() && times.IsSequence() && i < times.size(); ++i) {
    YamlMap range(times[i], what + ".times");
    const TimeInterval::Times read{Expect(ParseTimeOfDay(range.Text("start_time")), range, "start_time"),
                                   Expect(ParseTimeOfDay(range.Text("end_time")), range, "end_time")};
    if (read.from >= read.to) range.Fail("the start is not before the end");
    range.Finish();
    interval.times.push_back(read);
  }
  interval.weekdays = ReadRanges(map, "weekdays", ParseWeekdays);
  interval.days_of_month = ReadRanges(map, "days_of_month", ParseDaysOfMonth);
  interval.months = ReadRanges(map, "months", ParseMonths);
  interval.years = ReadRanges(map, "years", ParseYears);
  interval.zone = Expect(LoadTimeZone(map.Text("location")), map, "location");
  map.Finish();
  return interval;
}

void ReadTimeIntervals(YamlMap& top, const std::string& key, AlertConfig& config) {
  const YAML::Node list = top.Take(key);
  if (!list.IsDefined() || list.IsNull()) return;
  if (!list.IsSequence()) top.Fail(key, "expected a list");
  for (const YAML::Node& node : list) {
    YamlMap map(node, key);
    const std::string name = map.Text("name");
    if (name.empty()) map.Fail("an interval without a name");
    TimeIntervals intervals;
    const YAML::Node parts = map.Take("time_intervals");
    for (std::size_t i = 0; parts.IsDefined() && parts.IsSequence() && i < parts.size(); ++i) {
      intervals.push_back(ReadTimeInterval(parts[i], fmt::format("{} '{}'", key, name)));
    }
    if (!config.plan.time_intervals.emplace(name, std::move(intervals)).second) {
      map.Fail(fmt::format("time interval '{}' twice", name));
    }
    map.Finish();
  }
}

AlertConfig Read(const YAML::Node& document) {
  if (!document.IsDefined() || document.IsNull()) throw ConfigFault{0, "the file is empty"};
  YamlMap top(document, "configuration");
  AlertConfig config;
  const Values global = ReadGlobal(top, config);
  const YAML::Node receivers = top.Take("receivers");
  if (receivers.IsDefined() && !receivers.IsNull() && !receivers.IsSequence())
    top.Fail("receivers", "expected a list");
  for (std::size_t i = 0; receivers.IsDefined() && i < receivers.size(); ++i)
    ReadReceiver(receivers[i], global, config);
  ReadTimeIntervals(top, "mute_time_intervals", config);
  ReadTimeIntervals(top, "time_intervals", config);
  CheckHours(config);
  const YAML::Node rules = top.Take("inhibit_rules");
  for (std::size_t i = 0; rules.IsDefined() && i < rules.size(); ++i) {
    config.plan.inhibit_rules.push_back(ReadInhibitRule(rules[i], i));
  }
  // What follows from what things are holds beside whatever the file says.
  std::ranges::move(TopologyRules(), std::back_inserter(config.plan.inhibit_rules));
  if (!top.Texts("templates").empty()) {
    config.warnings.emplace_back("templates: Go templates are not read; messages have our own words");
  }
  config.plan.root = ReadRoot(top);
  CheckRoute(config.plan.root, config);
  top.Finish();
  return config;
}

}  // namespace

Result<AlertConfig> ParseAlertConfig(std::string_view text, const std::string& file) try {
  AlertConfig config = Read(YAML::Load(std::string(text)));
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

Result<Duration> ParsePrometheusDuration(std::string_view text) {
  using namespace std::chrono;
  static const std::vector<std::pair<std::string_view, Duration>> kUnits = {
      {"y", hours(365 * 24)},  {"w", hours(7 * 24)}, {"d", hours(24)}, {"h", hours(1)},
      {"ms", milliseconds(1)}, {"m", minutes(1)},    {"s", seconds(1)}};
  static constexpr std::string_view kOrder[] = {"y", "w", "d", "h", "m", "s", "ms"};
  const auto bad = Failure(ErrorKind::kInvalid, fmt::format("'{}' is no duration (30s, 5m, 1h30m)", text));
  if (text == "0") return Duration::zero();
  Duration total{};
  std::size_t rank = 0;
  while (!text.empty()) {
    std::size_t digits = 0;
    std::int64_t number = 0;
    for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9' && digits < 9; ++digits) {
      number = number * 10 + (text[digits] - '0');
    }
    text.remove_prefix(digits);
    const auto unit = std::ranges::find_if(kUnits, [&](const auto& u) { return text.starts_with(u.first); });
    if (digits == 0 || unit == kUnits.end()) return bad;
    // Each unit once, and the larger first.
    const auto place =
        static_cast<std::size_t>(std::ranges::find(kOrder, unit->first) - std::begin(kOrder)) + 1;
    if (place <= rank) return bad;
    rank = place;
    total += number * unit->second;
    text.remove_prefix(unit->first.size());
  }
  return rank == 0 ? Result<Duration>(bad) : total;
}

namespace {

void ExplainBelow(const Route& route, const Labels& labels, int depth, std::string& out) {
  for (const Route& child : route.routes) {
    const bool matches = MatchAll(child.matchers, labels);
    out += fmt::format("{:{}}{} {}{}\n", "", depth * 2, MatchersText(child.matchers),
                       matches ? "matches" : "does not match",
                       matches && child.continue_matching ? ", and goes on" : "");
    if (!matches) continue;
    ExplainBelow(child, labels, depth + 1, out);
    if (!child.continue_matching) return;
  }
}

}  // namespace

std::string ExplainRoute(const AlertConfig& config, const Labels& labels, Wall now) {
  std::string out = "{} takes everything\n";
  ExplainBelow(config.plan.root, labels, 1, out);
  Alert alert;
  alert.labels = labels;
  const Mutes mutes({}, config.plan.time_intervals);
  for (const Route* route : MatchRoutes(config.plan.root, labels)) {
    out +=
        fmt::format("-> {} in group {}, after {} s, then every {} s, repeated every {} s\n", route->receiver,
                    GroupKey(*route, GroupLabels(*route, labels)), Seconds(route->group_wait),
                    Seconds(route->group_interval), Seconds(route->repeat_interval));
    if (auto muted = mutes.Why(alert, *route, now)) out += fmt::format("   not now: {}\n", Words(*muted));
    const auto receiver = std::ranges::find(config.plan.receivers, route->receiver, &Receiver::name);
    if (receiver->integrations.empty()) out += "   by nothing: the receiver has no way of being told\n";
    for (const Integration& way : receiver->integrations) {
      out += fmt::format("   by {}{}", way.name, way.send_resolved ? "" : ", not of resolved ones");
      if (way.min_severity < Severity::kSev4)
        out += fmt::format(", of {} and graver", Name(way.min_severity));
      if (!way.hours.empty()) out += fmt::format(", in the hours of {}", fmt::join(way.hours, ", "));
      out += "\n";
    }
  }
  return out;
}

}  // namespace loadline::collector
