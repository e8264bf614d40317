#include "collector/sink/webhook_body.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace loadline::collector {
namespace {

using nlohmann::json;

std::string Link(const Alert& alert, const std::string& page_url) {
  return page_url.empty() ? "" : page_url + "/#/alerts/" + alert.fingerprint;
}

// Where it comes from: whoever posted it said so, ours come from the page.
std::string Source(const Alert& alert, const std::string& page_url) {
  return alert.posted ? alert.posted->generator_url : Link(alert, page_url);
}

// What all of them say alike.
Labels Common(Labels common, const Labels& other) {
  std::erase_if(common, [&](const auto& entry) {
    auto it = other.find(entry.first);
    return it == other.end() || it->second != entry.second;
  });
  return common;
}

json Element(const Alert& alert, const std::string& page_url) {
  return {{"status", alert.state == AlertState::kFiring ? "firing" : "resolved"},
          {"labels", RoutedLabels(alert)},
          {"annotations", Annotations(alert)},
          {"startsAt", AlertmanagerTime(alert.since)},
          {"endsAt", alert.resolved ? AlertmanagerTime(*alert.resolved) : "0001-01-01T00:00:00Z"},
          {"generatorURL", Source(alert, page_url)},
          {"fingerprint", alert.fingerprint}};
}

}  // namespace

json WebhookBody(const Notification& notification, const std::string& page_url, std::size_t max_alerts) {
  json alerts = json::array();
  Labels labels;
  Labels annotations;
  bool first = true;
  for (const Alert& alert : notification.alerts) {
    labels = first ? RoutedLabels(alert) : Common(std::move(labels), RoutedLabels(alert));
    annotations = first ? Annotations(alert) : Common(std::move(annotations), Annotations(alert));
    first = false;
    if (max_alerts == 0 || alerts.size() < max_alerts) alerts.push_back(Element(alert, page_url));
  }
  const std::size_t cut = notification.alerts.size() - alerts.size() + notification.more;
  return {{"version", "4"},
          {"receiver", notification.receiver},
          {"status", AnyFiring(notification) || notification.others_fire ? "firing" : "resolved"},
          {"alerts", std::move(alerts)},
          {"groupLabels", notification.group_labels},
          {"commonLabels", labels},
          {"commonAnnotations", annotations},
          {"externalURL", page_url},
          {"notification_reason", notification.cause},
          {"groupKey", notification.group_key},
          {"truncatedAlerts", cut}};
}

json PostableAlert(const Alert& alert, const std::string& page_url, Wall at, Duration lasts) {
  json out = {{"labels", RoutedLabels(alert)},
              {"annotations", Annotations(alert)},
              {"startsAt", AlertmanagerTime(alert.since)},
              {"endsAt", AlertmanagerTime(alert.resolved.value_or(at + lasts))}};
  if (const std::string source = Source(alert, page_url); !source.empty()) out["generatorURL"] = source;
  return out;
}

std::string AlertmanagerTime(Wall at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(at - seconds).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", seconds, milliseconds);
}

}  // namespace loadline::collector
