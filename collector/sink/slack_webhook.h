// Slack through an incoming webhook: the way that needs nothing but a URL, and can only ever add messages.
//
// The URL is the secret; it had better stand in a file, which is read anew when it changes. Faults of the
// setting (a removed webhook, an archived channel) are tried again slowly, for somebody will mend them; only
// a message that Slack takes in no form at all is refused.
#pragma once

#include <map>
#include <string>

#include "collector/alert/sink.h"
#include "collector/http/http_way.h"
#include "collector/sink/slack_message.h"
#include "schemas/base/renewed_secret.h"

namespace loadline::collector {

struct SlackWebhookOptions {
  Secret url{};  // one of both
  std::string url_file{};
  SlackMessageOptions message{};
  // channel, username, icon_emoji and icon_url: webhooks of apps leave them aside, older ones and programs that
  // speak like Slack do as they say.
  std::map<std::string, TextTemplate> place{};
  bool place_by_labels = false;  // messages differ in it: no two can be told in one
  Duration timeout = std::chrono::seconds(10);
  // After a fault of the setting. Less is noise on Slack's side, more delays pages once it is mended.
  Duration setting_retry = std::chrono::minutes(1);
  HttpWayOptions way{};
};

class SlackWebhook final : public Sink {
 public:
  // `clock` outlives the sink; it is asked when Retry-After is a date.
  SlackWebhook(SlackWebhookOptions options, const Clock& clock);

  // Slack's published rate is one message a second with short bursts; with the burst this stays within 60 in
  // any minute.
  [[nodiscard]] SinkTraits traits() const override;
  Outcome Send(std::span<const Notification> batch, const std::stop_token& stop) override;
  [[nodiscard]] std::vector<ShownMessage> Show(std::span<const Notification> batch, Wall now) const override;

 private:
  [[nodiscard]] nlohmann::json Place(const Notification& notification) const;
  Result<HttpResponse> Post(const Secret& url, const nlohmann::json& message, const std::stop_token& stop);
  Outcome Judge(const HttpResponse& answer, const std::string& host) const;

  SlackWebhookOptions options_;
  const Clock& clock_;
  RenewedSecret url_;
  HttpWay http_;
};

}  // namespace loadline::collector
