#include "collector/sink/webhook.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "collector/alert_file/go_duration.h"
#include "collector/alert_file/section_checks.h"
#include "collector/alert_text/alert_words.h"
#include "collector/sink/common_schema.h"
#include "collector/sink/http_config.h"
#include "collector/sink/own_texts.h"
#include "collector/sink/sink_kind.h"
#include "collector/sink/webhook_body.h"
#include "collector/sink/written_json.h"

namespace loadline::collector {
namespace {

constexpr std::size_t kMostWords = 160;
constexpr Duration kSettingRetry = std::chrono::minutes(1);
constexpr Duration kLongestRetryAfter = std::chrono::minutes(5);
// How long another Alertmanager believes a firing alert of ours: over the longest usual repeat interval.
constexpr Duration kLasts = std::chrono::hours(5);

// Of a redirect that was not followed, or behind which nobody heard what was said.
std::string WhereTo(const HttpResponse& answer) {
  if (answer.status / 100 != 3) return "";
  const std::string to = answer.Header("location").value_or("");
  return fmt::format(", which has moved to {}",
                     to.contains("://") ? Cut(OneLine(HostOf(to)), kMostWords) : "another path");
}

}  // namespace

Outcome JudgeHttp(const HttpResponse& answer, const std::string& host, Wall now, std::string_view said) {
  if (answer.ok()) return {Verdict::kDelivered, {}};
  const std::string words = Cut(OneLine(said), kMostWords);
  std::string detail = fmt::format("HTTP {} from {}{}{}{}", answer.status, host, WhereTo(answer),
                                   words.empty() ? "" : ": ", words);
  switch (answer.status) {
    case 401:
    case 403:
    case 404:
    case 410:
      return {Verdict::kRetry, std::move(detail), kSettingRetry};
    default:
      break;
  }
  if (MayDoLater(answer.status)) {
    Outcome later{Verdict::kRetry, std::move(detail), RetryAfter(answer, now)};
    // Whoever writes a day into it means a while: alerts wait for nobody that long.
    if (later.retry_after) later.retry_after = std::min(*later.retry_after, kLongestRetryAfter);
    return later;
  }
  return {Verdict::kRefused, std::move(detail)};
}

Webhook::Webhook(WebhookOptions options, Form form, const Clock& clock)
    : options_(std::move(options)),
      form_(form),
      clock_(clock),
      url_(options_.url),
      http_(options_.way, clock) {}

Result<HttpRequest> PostTo(const WebhookOptions& options, LiveSecret& url) {
  const Result<Secret> to = url.Read();
  if (!to) return Failure(to.error());
  return HttpRequest{.method = "POST",
                     .url = to->Reveal(),
                     .headers = {"Content-Type: application/json"},
                     .timeout = options.timeout};
}

Result<HttpRequest> Webhook::Request(const Notification& notification) {
  Result<HttpRequest> started = PostTo(options_, url_);
  if (!started) return Failure(started.error());
  HttpRequest& request = *started;
  request.headers.push_back("Idempotency-Key: " + notification.id);
  if (form_ == Form::kAlertmanager)
    request.url += request.url.ends_with('/') ? "api/v2/alerts" : "/api/v2/alerts";
  request.body = Body(notification, clock_.WallNow());
  return started;
}

std::string Webhook::Body(const Notification& notification, Wall now) const {
  nlohmann::json body;
  if (form_ == Form::kAlertmanager) {
    body = nlohmann::json::array();
    for (const Alert& alert : notification.alerts)
      body.push_back(PostableAlert(alert, options_.page_url, now, kLasts));
  } else {
    body = WebhookBody(notification, options_.page_url, options_.max_alerts);
    body["routeLabels"] = FilledRouteLabels(notification, options_.page_url, options_.templates);
  }
  return Written(body);
}

std::vector<ShownMessage> Webhook::Show(std::span<const Notification> batch, Wall now) const {
  std::vector<ShownMessage> shown;
  for (const Notification& notification : batch)
    shown.push_back({.text = {}, .body = Body(notification, now)});
  return shown;
}

Outcome Webhook::Send(std::span<const Notification> batch, const std::stop_token& stop) {
  Result<HttpRequest> request = Request(batch.front());
  if (!request) return {Verdict::kRetry, request.error().message, kSettingRetry};
  request->stop = stop;
  const Result<HttpResponse> answer = http_.Do(*request);
  if (!answer) return {Verdict::kRetry, answer.error().message};
  return JudgeHttp(*answer, HostOf(request->url), clock_.WallNow(), answer->body);
}

namespace {

Result<WebhookOptions> OptionsOf(const IntegrationConfig& config, const SinkParts& parts) {
  Result<HttpWayOptions> way = HttpWayOf(config);
  if (!way) return Failure(way.error());
  const std::string most = ValueOf(config, "max_alerts", "0");
  const Duration usual = WebhookOptions{}.timeout;
  const Duration timeout = ParseGoDuration(ValueOf(config, "timeout")).value_or(usual);
  return WebhookOptions{.url = {.text = ValueOf(config, "url"), .file = ValueOf(config, "url_file")},
                        .way = std::move(*way),
                        .page_url = parts.page_url,
                        .max_alerts = static_cast<std::size_t>(std::strtoul(most.c_str(), nullptr, 10)),
                        .timeout = timeout > Duration::zero() ? timeout : usual,
                        .templates = config.templates};
}

Result<std::unique_ptr<Sink>> MakeWebhook(const IntegrationConfig& config, const SinkParts& parts) {
  Result<WebhookOptions> options = OptionsOf(config, parts);
  if (!options) return Failure(options.error());
  if (ValueOf(config, "format") == "common_alert_schema")
    return std::make_unique<CommonSchemaWebhook>(std::move(*options), parts.clock);
  return std::make_unique<Webhook>(std::move(*options), Webhook::Form::kWebhook, parts.clock);
}

void CheckWebhook(const YamlMap& map, const KeyValues& values) {
  OneOf(map, "format", {"alertmanager", "common_alert_schema"}, values);
}

Result<std::unique_ptr<Sink>> MakeAlertmanager(const IntegrationConfig& config, const SinkParts& parts) {
  Result<WebhookOptions> options = OptionsOf(config, parts);
  if (!options) return Failure(options.error());
  return std::make_unique<Webhook>(std::move(*options), Webhook::Form::kAlertmanager, parts.clock);
}

IntegrationKind SectionOf(std::string name, KeyTypes more) {
  using enum KeyType;
  KeyTypes keys =
      Keys({{kUrl, {"url"}}, {kFile, {"url_file"}}, {kTimeout, {"timeout"}}, {kHttp, {"http_config"}}});
  keys.merge(more);
  return {.name = std::move(name),
          .keys = std::move(keys),
          .needs = {{.own = {"url", "url_file"},
                     .global = {"", ""},
                     .what = "one of url and url_file must be given"}},
          .one_by_one = true,
          .ignores = [](const std::string& key) { return key == "payload" || key.starts_with("payload."); }};
}

}  // namespace

namespace kinds {

SinkKind Webhook() {
  using enum KeyType;
  IntegrationKind section =
      SectionOf("webhook", Keys({{kCount, {"max_alerts"}}, {kText, {"format"}}, {kAny, {"payload"}}}));
  section.check = CheckWebhook;
  return {.section = std::move(section), .make = MakeWebhook};
}

SinkKind Alertmanager() {
  return {.section = SectionOf("alertmanager", {}), .make = MakeAlertmanager};
}

}  // namespace kinds
}  // namespace loadline::collector
