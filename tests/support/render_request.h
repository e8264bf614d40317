// A template that is filled in as Alertmanager's own code does it in tests/support/alertmanager_templates.
#pragma once

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "collector/alert_text/text_template.h"

namespace loadline::collector {

// What templates see of a webhook's body.
inline TextData DataOfWebhook(const nlohmann::json& body) {
  using nlohmann::json;
  const auto take = [](json& to, const json& from, const char* name, const char* key) {
    if (from.contains(key)) to[name] = from[key];
  };
  json values;
  take(values, body, "Receiver", "receiver");
  take(values, body, "Status", "status");
  take(values, body, "GroupLabels", "groupLabels");
  take(values, body, "CommonLabels", "commonLabels");
  take(values, body, "CommonAnnotations", "commonAnnotations");
  take(values, body, "ExternalURL", "externalURL");
  values["Alerts"] = json::array();
  for (const json& alert : body.value("alerts", json::array())) {
    json one;
    take(one, alert, "Status", "status");
    take(one, alert, "Labels", "labels");
    take(one, alert, "Annotations", "annotations");
    take(one, alert, "StartsAt", "startsAt");
    take(one, alert, "EndsAt", "endsAt");
    take(one, alert, "GeneratorURL", "generatorURL");
    take(one, alert, "Fingerprint", "fingerprint");
    values["Alerts"].push_back(std::move(one));
  }
  return {.values = std::move(values),
          .now = std::chrono::system_clock::now(),
          .route_labels = body.value("routeLabels", std::map<std::string, std::string>{})};
}

// {"text": "{{ .Status }}", "html": false, "data": {...}, "files": [...]} -> {"said": "firing"} or {"error": "..."}
inline std::string AnswerTo(const std::string& request) {
  using nlohmann::json;
  const json asked = json::parse(request);
  auto templates = std::make_shared<TemplateSet>(*TemplateSet::BuiltIn());
  Result<std::string> said;
  Result<void> added;
  for (const json& file : asked.value("files", json::array())) {
    if (added) added = templates->Add(file.get<std::string>(), "asked.tmpl");
  }
  const Result<TextTemplate> text = TextTemplate::Parse(asked.at("text").get<std::string>(), templates);
  if (!added) {
    said = Failure(added.error());
  } else if (!text) {
    said = Failure(text.error());
  } else {
    const TextData data = DataOfWebhook(asked.at("data"));
    said = asked.value("html", false) ? text->RenderHtml(data) : text->Render(data);
  }
  const json answer = said ? json{{"said", *said}} : json{{"error", said.error().message}};
  return answer.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace loadline::collector
