#include "collector/sink/own_texts.h"

#include <nlohmann/json.hpp>

#include "collector/sink/webhook_body.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

json Escaped(json value, const std::function<std::string(std::string_view)>& escape) {
  if (value.is_string()) return escape(value.get_ref<const std::string&>());
  if (value.is_structured()) {
    for (json& item : value) item = Escaped(std::move(item), escape);
  }
  return value;
}

}  // namespace

json TemplateData(const Notification& notification, const std::string& page_url,
                  const std::function<std::string(std::string_view)>& escape) {
  const json body = Escaped(WebhookBody(notification, page_url, 0), escape);
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
  return {{"Receiver", body.at("receiver")},
          {"Status", body.at("status")},
          {"Alerts", std::move(alerts)},
          {"GroupLabels", body.at("groupLabels")},
          {"CommonLabels", body.at("commonLabels")},
          {"CommonAnnotations", body.at("commonAnnotations")},
          {"ExternalURL", body.at("externalURL")}};
}

}  // namespace loadline::collector
