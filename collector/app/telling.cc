#include "collector/app/telling.h"

#include <spdlog/spdlog.h>

#include "collector/alert/alert_config.h"
#include "collector/sink/log_sink.h"
#include "collector/sink/receivers.h"
#include "collector/sink/slack_bot.h"
#include "collector/sink/slack_webhook.h"

namespace loadline::collector {

Result<std::unique_ptr<Telling>> Telling::Make(const Config& config, const Clock& clock) {
  std::unique_ptr<Telling> telling(new Telling(clock));
  if (config.alerting.file.empty()) {
    telling->ByDefault(config, clock);
  } else if (auto done = telling->ByFile(config.alerting, clock); !done) {
    return Failure(done.error());
  }
  return telling;
}

Result<void> Telling::ByFile(const AlertingConfig& alerting, const Clock& clock) {
  Result<AlertConfig> config = ReadAlertConfig(alerting.file);
  if (!config) return Failure(config.error());
  for (const std::string& warning : config->warnings) spdlog::warn("{}: {}", alerting.file, warning);
  plan_ = std::move(config->plan);
  return AddLanes(*config, alerting.page_url, clock, lanes_);
}

void Telling::ByDefault(const Config& config, const Clock& clock) {
  Receiver receiver{.name = "default", .integrations = {{.name = "default/log[0]"}}};
  lanes_.Add(receiver.integrations.back().name, std::make_unique<LogSink>());
  if (!config.slack.webhook_file.empty()) {
    receiver.integrations.push_back({.name = "default/slack[0]"});
    lanes_.Add(receiver.integrations.back().name,
               std::make_unique<SlackWebhook>(SlackWebhookOptions{.url_file = config.slack.webhook_file,
                                                                  .message = {config.alerting.page_url}},
                                              clock));
  }
  if (!config.slack.bot_token_file.empty()) {
    receiver.integrations.push_back({.name = "default/slack_bot[0]"});
    lanes_.Add(receiver.integrations.back().name,
               std::make_unique<SlackBot>(SlackBotOptions{.token_file = config.slack.bot_token_file,
                                                          .channel = config.slack.channel,
                                                          .api = {.url = config.slack.api_url},
                                                          .message = {config.alerting.page_url}},
                                          clock));
  }
  plan_ = PlanFor(std::move(receiver));
}

std::vector<ReceiverView> Telling::Receivers() const {
  std::vector<ReceiverView> views;
  for (const auto& [name, lane] : lanes_.counters()) {
    views.push_back({.name = name,
                     .delivered = lane.messages,
                     .retried = lane.failed_attempts,
                     .refused = lane.refused,
                     .waiting = lane.waiting,
                     .failing = lane.failures_in_a_row,
                     .last_failure = lane.last_failure});
  }
  return views;
}

}  // namespace loadline::collector
