#include "collector/alert/notification.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "collector/alert/wall_json.h"

namespace loadline::collector {

using nlohmann::json;

bool AnyFiring(const Notification& notification) {
  return std::ranges::any_of(notification.alerts,
                             [](const Alert& alert) { return alert.state == AlertState::kFiring; });
}

Severity MostSevere(const Notification& notification) {
  const bool firing = AnyFiring(notification);
  Severity most = Severity::kSev4;
  for (const Alert& alert : notification.alerts) {
    if (!firing || alert.state == AlertState::kFiring) most = std::min(most, alert.severity);
  }
  return most;
}

std::string EncodeNotification(const Notification& n) {
  json alerts = json::array();
  for (const Alert& alert : n.alerts) alerts.push_back(EncodeAlert(alert));
  return json{{"id", n.id},
              {"receiver", n.receiver},
              {"integration", n.integration},
              {"group_key", n.group_key},
              {"group_labels", n.group_labels},
              {"reason", n.reason},
              {"at", ToJson(n.at)},
              {"urgent", n.urgent},
              {"repeat", n.repeat},
              {"cause", n.cause},
              {"alerts", std::move(alerts)},
              {"more", n.more},
              {"others_fire", n.others_fire},
              {"route_labels", n.route_labels}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Notification> DecodeNotification(std::string_view text) try {
  const json in = json::parse(text);
  Notification n;
  in.at("id").get_to(n.id);
  in.at("receiver").get_to(n.receiver);
  in.at("integration").get_to(n.integration);
  in.at("group_key").get_to(n.group_key);
  in.at("group_labels").get_to(n.group_labels);
  in.at("reason").get_to(n.reason);
  n.at = WallFrom(in.at("at"));
  in.at("urgent").get_to(n.urgent);
  in.at("repeat").get_to(n.repeat);
  n.cause = in.value("cause", std::string("unknown"));
  n.more = static_cast<std::size_t>(WholeFrom(in.at("more")));
  n.others_fire = in.value("others_fire", false);
  n.route_labels = in.value("route_labels", Labels{});
  for (const json& stored : in.at("alerts")) {
    Result<Alert> alert = DecodeAlert(stored.get_ref<const std::string&>());
    if (!alert) return Failure(alert.error().In("stored notification"));
    n.alerts.push_back(std::move(*alert));
  }
  return n;
} catch (const json::exception& error) {
  return Failure(ErrorKind::kInvalid, fmt::format("stored notification: {}", error.what()));
}

}  // namespace loadline::collector
