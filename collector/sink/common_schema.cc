#include "collector/sink/common_schema.h"

#include <nlohmann/json.hpp>

#include "collector/alert_text/alert_words.h"
#include "collector/sink/webhook_body.h"
#include "collector/sink/written_json.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

// Action groups send at most 256 KB; whoever listens may be prepared for no more.
constexpr std::size_t kMostText = 8'000;
constexpr Duration kSettingRetry = std::chrono::minutes(1);

json Essentials(const Alert& alert) {
  const bool fires = alert.state == AlertState::kFiring;
  const std::string where = Where(alert);
  json essentials = {{"alertId", "/loadline/alerts/" + alert.fingerprint},
                     {"alertRule", alert.rule},
                     {"severity", Name(alert.severity)},
                     {"signalType", "Metric"},
                     {"monitorCondition", fires ? "Fired" : "Resolved"},
                     {"monitoringService", "Loadline"},
                     {"alertTargetIDs", json::array()},
                     {"configurationItems", where.empty() ? json::array() : json::array({where})},
                     {"originAlertId", alert.fingerprint},
                     {"firedDateTime", AlertmanagerTime(alert.fired.value_or(alert.since))},
                     {"description", Cut(alert.summary, kMostText)},
                     {"essentialsVersion", "1.0"},
                     {"alertContextVersion", "1.0"}};
  if (!fires) essentials["resolvedDateTime"] = AlertmanagerTime(alert.resolved.value_or(alert.since));
  return essentials;
}

}  // namespace

json CommonSchemaBody(const Notification& notification, const Alert& alert, const std::string& page_url) {
  json labels = json::object();
  for (const auto& [name, value] : RoutedLabels(alert)) labels[name] = Cut(value, kMostText);
  json context = {{"conditionType", "Loadline"},
                  {"labels", labels},
                  {"summary", Cut(alert.summary, kMostText)},
                  {"reason", Cut(alert.reason, kMostText)},
                  {"since", AlertmanagerTime(alert.since)},
                  {"occurrences", alert.occurrences},
                  {"why", notification.reason}};
  if (!alert.runbook.empty()) context["runbook"] = alert.runbook;
  json essentials = Essentials(alert);
  if (!page_url.empty()) {
    context["link"] = page_url + "/#/alerts/" + alert.fingerprint;
    essentials["investigationLink"] = context["link"];
  }
  return {{"schemaId", "azureMonitorCommonAlertSchema"},
          {"data",
           {{"essentials", std::move(essentials)},
            {"alertContext", std::move(context)},
            {"customProperties", std::move(labels)}}}};
}

CommonSchemaWebhook::CommonSchemaWebhook(WebhookOptions options, const Clock& clock)
    : ItemSink(1),  // each alert alone
      options_(std::move(options)),
      clock_(clock),
      url_(options_.url),
      http_(options_.way, clock) {}

std::string CommonSchemaWebhook::Write(const Notification& notification, const Alert& alert) const {
  return Written(CommonSchemaBody(notification, alert, options_.page_url));
}

ItemAnswer CommonSchemaWebhook::Post(std::span<const std::string> items, const std::stop_token& stop) {
  using What = ItemAnswer::What;
  Result<HttpRequest> request = PostTo(options_, url_);
  if (!request) return {.detail = request.error().message, .retry_after = kSettingRetry};
  request->body = items.front();
  // The same words are the same intent, also after a restart.
  request->headers.push_back("Idempotency-Key: " + Fingerprint("", {{"body", items.front()}}));
  request->stop = stop;
  const Result<HttpResponse> answer = http_.Do(*request);
  if (!answer) return {.detail = answer.error().message};
  Outcome outcome = JudgeHttp(*answer, HostOf(request->url), clock_.WallNow(), answer->body);
  if (outcome.verdict == Verdict::kDelivered) return {.what = What::kTaken};
  return {.what = outcome.verdict == Verdict::kRetry ? What::kLater : What::kRefused,
          .detail = std::move(outcome.detail),
          .retry_after = outcome.retry_after};
}

}  // namespace loadline::collector
