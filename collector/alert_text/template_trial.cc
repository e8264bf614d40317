#include "collector/alert_text/template_trial.h"

#include <fmt/core.h>

#include <chrono>
#include <nlohmann/json.hpp>

namespace loadline::collector {
namespace {

using nlohmann::json;

const Wall kNow = Wall(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});

json Alert(const char* status, const char* ends) {
  return {{"Status", status},
          {"Labels",
           {{"alertname", "Example"},
            {"severity", "Sev1"},
            {"namespace", "shop"},
            {"instance", "10.0.0.1:9100"}}},
          {"Annotations", {{"summary", "an example"}, {"description", "one of some words"}}},
          {"StartsAt", "2026-01-01T00:00:00Z"},
          {"EndsAt", ends},
          {"GeneratorURL", "https://prometheus.example/graph"},
          {"Fingerprint", "0123456789abcdef"}};
}

// Two, so that loops and what stands between their turns are tried.
TextData Example(const char* status, const char* ends) {
  json values = {{"Receiver", "example"},
                 {"Status", status},
                 {"Alerts", {Alert(status, ends), Alert(status, ends)}},
                 {"GroupLabels", {{"alertname", "Example"}}},
                 {"ExternalURL", "https://loadline.example"}};
  values["CommonLabels"] = values["Alerts"][0]["Labels"];
  values["CommonAnnotations"] = values["Alerts"][0]["Annotations"];
  return {.values = std::move(values), .now = kNow};
}

}  // namespace

std::optional<std::string> WhatFails(const TextTemplate& text, bool html) {
  for (const auto& [status, ends] :
       {std::pair("firing", "0001-01-01T00:00:00Z"), std::pair("resolved", "2026-01-01T01:00:00Z")}) {
    const TextData data = Example(status, ends);
    const Result<std::string> filled = html ? text.RenderHtml(data) : text.Render(data);
    if (!filled) return fmt::format("{} (with {} alerts)", filled.error().message, status);
  }
  return std::nullopt;
}

}  // namespace loadline::collector
