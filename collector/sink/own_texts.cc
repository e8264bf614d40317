#include "collector/sink/own_texts.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "collector/sink/webhook_body.h"
#include "schemas/base/printable.h"

namespace loadline::collector {
using nlohmann::json;

std::string InsteadOfOwn(const Error& error) {
  return fmt::format("The receiver's own text cannot be filled in ({}); this is the built-in one.",
                     Spaced(error.message));
}

TextData TemplateData(const Notification& notification, const std::string& page_url,
                      std::function<std::string(std::string_view)> escape) {
  const json body = WebhookBody(notification, page_url, 0);
  json alerts = json::array();
  for (const json& alert : body.at("alerts")) {
    alerts.push_back({{"Status", alert.at("status")},
                      {"Labels", alert.at("labels")},
                      {"Annotations", alert.at("annotations")},
                      {"StartsAt", alert.at("startsAt")},
                      {"EndsAt", alert.at("endsAt")},
                      {"GeneratorURL", alert.at("generatorURL")},
                      {"Fingerprint", alert.at("fingerprint")}});
  }
  json values = {{"Receiver", body.at("receiver")},
                 {"Status", body.at("status")},
                 {"Alerts", std::move(alerts)},
                 {"NotificationReason", notification.cause},
                 {"GroupLabels", body.at("groupLabels")},
                 {"CommonLabels", body.at("commonLabels")},
                 {"CommonAnnotations", body.at("commonAnnotations")},
                 {"ExternalURL", body.at("externalURL")}};
  return {.values = std::move(values),
          .escape = std::move(escape),
          .now = notification.at,
          .route_labels = notification.route_labels};
}

Labels FilledRouteLabels(const Notification& notification, const std::string& page_url,
                         const TemplateSetPtr& templates) {
  if (notification.route_labels.empty()) return {};
  return FilledRouteLabels(TemplateData(notification, page_url, nullptr), templates);
}

}  // namespace loadline::collector
