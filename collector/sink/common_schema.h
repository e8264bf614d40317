// Webhooks that understand Azure's common alert schema: Logic Apps, functions and what else was made for
// action groups. That schema knows one alert a message, so each alert of a notification is a request of its
// own.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "collector/sink/item_sink.h"
#include "collector/sink/webhook.h"

namespace loadline::collector {

// Fired and Resolved of one alert have the same alertId. Labels are in alertContext.labels, and as text in
// customProperties, where Logic Apps find them.
nlohmann::json CommonSchemaBody(const Notification& notification, const Alert& alert,
                                const std::string& page_url);

class CommonSchemaWebhook final : public ItemSink {
 public:
  // `clock` outlives it.
  CommonSchemaWebhook(WebhookOptions options, const Clock& clock);

  [[nodiscard]] SinkTraits traits() const override { return {.per_second = 20, .burst = 50}; }

 protected:
  [[nodiscard]] std::string Write(const Notification& notification, const Alert& alert) const override;
  ItemAnswer Post(std::span<const std::string> items, const std::stop_token& stop) override;

 private:
  const WebhookOptions options_;
  const Clock& clock_;
  LiveSecret url_;
  HttpWay http_;
};

}  // namespace loadline::collector
