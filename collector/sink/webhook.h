// Alerts to whoever listens on HTTP: a generic webhook in Alertmanager's form, or another Alertmanager.
//
// Every request of a webhook carries the notification's id as Idempotency-Key: a receiver that knows such
// keys sees a resend as one. Network, 408, 429 and 5xx are tried again, Retry-After is honoured, and what
// says that the setting is wrong (401, 403, 404, 410) is tried again slowly; other answers are refusals.
#pragma once

#include <string>

#include "collector/alert/sink.h"
#include "collector/alert_text/template_set.h"
#include "collector/http/http_way.h"

namespace loadline::collector {

// What an answer means, for every sink that speaks plain HTTP. `words`: what the other side says of it; the
// first of them are for people.
Outcome JudgeHttp(const HttpResponse& answer, const std::string& host, Wall now, std::string_view words);

struct WebhookOptions {
  SecretSource url{};
  HttpWayOptions way{};
  std::string page_url{};
  std::size_t max_alerts = 0;
  Duration timeout = std::chrono::seconds(10);
  TemplateSetPtr templates = TemplateSet::BuiltIn();  // that labels of routes may call
};

// A request to where the options say, with the URL as it is now.
Result<HttpRequest> PostTo(const WebhookOptions& options, LiveSecret& url);

class Webhook final : public Sink {
 public:
  enum class Form { kWebhook, kAlertmanager };
  // For another Alertmanager `url` is its root; /api/v2/alerts is added. `clock` outlives it.
  Webhook(WebhookOptions options, Form form, const Clock& clock);

  [[nodiscard]] SinkTraits traits() const override { return {.per_second = 50, .burst = 100, .at_once = 8}; }
  Outcome Send(std::span<const Notification> batch, const std::stop_token& stop) override;
  [[nodiscard]] std::vector<ShownMessage> Show(std::span<const Notification> batch, Wall now) const override;

 private:
  Result<HttpRequest> Request(const Notification& notification);
  [[nodiscard]] std::string Body(const Notification& notification, Wall now) const;

  WebhookOptions options_;
  Form form_;
  const Clock& clock_;
  LiveSecret url_;
  HttpWay http_;
};

}  // namespace loadline::collector
