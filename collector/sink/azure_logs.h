// Azure Monitor through the Logs Ingestion API: each alert becomes a row of a Log Analytics table, and a log
// alert rule on that table tells an action group. helm/azure/ holds the templates of both.
//
// At least once: a row whose answer did not come is sent again under the same NotificationId.
#pragma once

#include <memory>
#include <string>

#include "collector/sink/azure_row.h"
#include "collector/sink/item_sink.h"

namespace loadline::collector {

struct AzureLogsOptions {
  std::string endpoint;  // of the rule itself, or of a data collection endpoint: https://...
  std::string rule_id;   // the rule's immutable id: dcr-...
  std::string stream = "Custom-LoadlineAlerts";
  std::string scope = "https://monitor.azure.com/.default";  // of another cloud: monitor.azure.us, ....cn
  AzureRowOptions row{};
  // The API takes 1 MB, compressed and not.
  std::size_t most_bytes = 900'000;
  Duration timeout = std::chrono::seconds(20);
};

class AzureLogs final : public ItemSink {
 public:
  // `clock` outlives it.
  AzureLogs(AzureLogsOptions options, std::shared_ptr<AzureTokens> tokens, const Clock& clock);

  // The rule bears 200 requests a second; we never need them.
  [[nodiscard]] SinkTraits traits() const override { return {.per_second = 5, .burst = 20, .digest = 500}; }

 protected:
  [[nodiscard]] std::string Write(const Notification& notification, const Alert& alert) const override;
  ItemAnswer Post(std::span<const std::string> items, const std::stop_token& stop) override;

 private:
  const AzureLogsOptions options_;
  const std::string url_;
  AzureClient client_;
};

}  // namespace loadline::collector
