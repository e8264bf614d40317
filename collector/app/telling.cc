#include "collector/app/telling.h"

#include "collector/sink/log_sink.h"
#include "collector/sink/slack_webhook.h"

namespace loadline::collector {

Telling::Telling(const SlackConfig& slack, const Clock& clock) : lanes_(clock) {
  Receiver receiver{.name = "default", .integrations = {{.name = "default/log[0]"}}};
  lanes_.Add(receiver.integrations.back().name, std::make_unique<LogSink>());
  if (!slack.webhook_file.empty()) {
    receiver.integrations.push_back({.name = "default/slack[0]"});
    lanes_.Add(receiver.integrations.back().name,
               std::make_unique<SlackWebhook>(SlackWebhookOptions{.url_file = slack.webhook_file}, clock));
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
                     .waiting = lane.waiting});
  }
  return views;
}

}  // namespace loadline::collector
