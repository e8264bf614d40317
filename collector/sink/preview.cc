#include "collector/sink/preview.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "collector/alert_text/alert_words.h"

namespace loadline::collector {
namespace {

using Json = nlohmann::ordered_json;

// The route by which the alert gets to this receiver; else the first that leads there, and else the root.
const Route& RouteTo(const RoutingPlan& plan, const std::string& receiver, const Labels& labels) {
  const auto leads = [&](const Route* route) { return route->receiver == receiver; };
  const std::vector<const Route*> matching = MatchRoutes(plan.root, labels);
  if (const auto it = std::ranges::find_if(matching, leads); it != matching.end()) return **it;
  std::vector<const Route*> all = {&plan.root};
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (leads(all[i])) return *all[i];
    for (const Route& child : all[i]->routes) all.push_back(&child);
  }
  return plan.root;
}

std::string WhyNot(const Integration& way, const Alert& alert) {
  if (way.min_severity < alert.severity)
    return fmt::format("not told: milder than its min_severity {}", Name(way.min_severity));
  if (alert.state == AlertState::kResolved && !way.send_resolved) return "not told: send_resolved is off";
  return "";
}

Json ToJson(const ShownMessage& message) {
  Json body = Json::parse(message.body, nullptr, false);
  if (body.is_discarded()) body = message.body;
  return {{"text", message.text}, {"body", std::move(body)}, {"html", message.html}};
}

Error NoSuchReceiver(const RoutingPlan& plan, const std::string& name) {
  std::string known;
  for (const Receiver& one : plan.receivers) known += (known.empty() ? "" : ", ") + one.name;
  return {ErrorKind::kNotFound, fmt::format("no receiver '{}'; there are: {}", name, known)};
}

}  // namespace

Result<Json> PreviewOf(const RoutingPlan& plan, const std::string& receiver, const Alert& alert,
                       const Lanes& lanes, Wall now) {
  const auto found = std::ranges::find(plan.receivers, receiver, &Receiver::name);
  if (found == plan.receivers.end()) return Failure(NoSuchReceiver(plan, receiver));
  const Labels labels = RoutedLabels(alert);
  const Route& route = RouteTo(plan, receiver, labels);
  Json ways = Json::array();
  for (const Integration& way : found->integrations) {
    Notification notification{
        .id = "preview",
        .receiver = receiver,
        .integration = way.name,
        .group_key = GroupKey(route, GroupLabels(route, labels)),
        .group_labels = GroupLabels(route, labels),
        .reason = alert.state == AlertState::kFiring ? "1 new alert" : "all resolved",
        .at = now,
        .urgent = alert.urgent,
        .cause = alert.state == AlertState::kFiring ? "first notification" : "all alerts resolved",
        .route_labels = route.labels};
    notification.alerts = {alert};
    Json messages = Json::array();
    for (const ShownMessage& message : lanes.Show(notification)) messages.push_back(ToJson(message));
    ways.push_back({{"name", way.name}, {"note", WhyNot(way, alert)}, {"messages", std::move(messages)}});
  }
  return Json{{"receiver", receiver}, {"alert", Title(alert)}, {"ways", std::move(ways)}};
}

Alert AsResolved(Alert alert, Wall now) {
  alert.state = AlertState::kResolved;
  if (!alert.resolved) {
    alert.resolved = now;
    alert.since = std::min(alert.since, now - std::chrono::minutes(10));
  }
  return alert;
}

}  // namespace loadline::collector
