#include "collector/alert_file/route_config.h"

#include <fmt/core.h>

#include <utility>

#include "collector/alert_file/matcher_config.h"
#include "collector/alert_file/prometheus_duration.h"
#include "collector/alert_text/text_template.h"

namespace loadline::collector {
namespace {

void ReadGroupBy(YamlMap& map, Route& route) {
  const YAML::Node names = map.Take("group_by");
  if (!names.IsDefined() || names.IsNull()) return;
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
    if (!seen.insert(name).second && name != "...") map.Fail("group_by", fmt::format("'{}' twice", name));
  }
  if (route.group_by_all && !route.group_by.empty())
    map.Fail("group_by", "'...' stands for all labels and alone");
}

void CheckNames(const YamlMap& map, const Route& route, const Defined& defined) {
  if (!route.receiver.empty() && !defined.receivers.contains(route.receiver))
    map.Fail("receiver", fmt::format("undefined receiver '{}'", route.receiver));
  for (const auto& [key, names] : {std::pair("mute_time_intervals", &route.mute_time_intervals),
                                   {"active_time_intervals", &route.active_time_intervals}}) {
    for (const std::string& name : *names) {
      if (!defined.intervals.contains(name)) map.Fail(key, fmt::format("undefined time interval '{}'", name));
    }
  }
}

// Beside those of the routes above. What cannot be parsed is left out, as Alertmanager does when it fills it in.
void ReadLabels(YamlMap& map, const TemplateSetPtr& templates, Labels& labels,
                std::vector<std::string>& warnings) {
  YamlMap given(map.Take("labels"), map.what() + ": labels");
  for (const auto& entry : given.node()) {
    const std::string& name = entry.first.Scalar();
    if (!IsLabelName(name)) given.Fail(fmt::format("'{}' is no label name", name));
    labels[name] = given.Text(name);
    if (const auto parsed = TextTemplate::Parse(labels[name], templates); !parsed)
      warnings.push_back(fmt::format("line {}: {}: {}: {}; it is left out", entry.second.Mark().line + 1,
                                     given.what(), name, parsed.error().message));
  }
}

// `parent` has what is inherited: everything but what makes a route this route.
Route ReadRoute(const YAML::Node& node, const Route& parent, const std::string& what, const Defined& defined,
                std::vector<std::string>& warnings) {
  YamlMap map(node, what);
  if (!node.IsMap()) map.Fail("expected a mapping");
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
  CheckNames(map, route, defined);
  ReadLabels(map, defined.templates, route.labels, warnings);
  const YAML::Node children = map.List("routes");
  for (std::size_t i = 0; i < children.size(); ++i)
    route.routes.push_back(
        ReadRoute(children[i], route, fmt::format("{}.routes[{}]", what, i), defined, warnings));
  map.Finish();
  return route;
}

}  // namespace

Duration ReadDuration(YamlMap& map, const std::string& key, Duration otherwise) {
  const std::string text = map.Text(key);
  if (text.empty() && map.Has(key) && map.node()[key].IsScalar()) map.Fail(key, "an empty duration");
  return text.empty() ? otherwise : Expect(ParsePrometheusDuration(text), map, key);
}

Route ReadRoot(YamlMap& top, const Defined& defined, std::vector<std::string>& warnings) {
  const YAML::Node node = top.Take("route");
  if (!node.IsDefined() || node.IsNull()) top.Fail("no route");
  Route root = ReadRoute(node, Route{}, "route", defined, warnings);
  YamlMap map(node, "route");
  if (root.receiver.empty()) map.Fail("the root has no receiver");
  if (!root.matchers.empty()) map.Fail("the root takes everything and must not have matchers");
  if (root.continue_matching) map.Fail("continue", "the root has nothing to continue to");
  if (!root.mute_time_intervals.empty()) map.Fail("mute_time_intervals", "the root must not have any");
  if (!root.active_time_intervals.empty()) map.Fail("active_time_intervals", "the root must not have any");
  SetKeys(root);
  return root;
}

}  // namespace loadline::collector
