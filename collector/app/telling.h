// Whom to tell and by which way, as the configuration has it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collector/alert_file/alert_config.h"
#include "collector/config/config.h"
#include "collector/press/button.h"
#include "collector/sink/azure_metrics.h"
#include "collector/sink/azure_sinks.h"
#include "collector/sink/lanes.h"
#include "collector/snapshot/snapshot.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

// As the file of alerting.file says; without one the log, and Slack and Azure where they are configured.
class Telling {
 public:
  // `alerts`: what the file of alerting.file says; nothing without one. `buttons`: those that are heard. `cluster`:
  // what it is called.
  // `clock` must outlive it. Fails on receivers that cannot be; a webhook file that cannot be read yet is
  // read again with each message. `on_news` is called on other threads whenever a lane has something to
  // report.
  static Result<std::unique_ptr<Telling>> Make(const Config& config, std::optional<AlertConfig> alerts,
                                               PressButtons buttons, const std::string& cluster,
                                               const Clock& clock, std::function<void()> on_news);

  [[nodiscard]] const RoutingPlan& plan() const { return plan_; }
  // For everybody to read: the file without its secrets. Empty when there is none.
  [[nodiscard]] const std::string& published_config() const { return published_config_; }
  [[nodiscard]] Lanes& lanes() { return lanes_; }
  // How telling each goes, by name. Thread-safe.
  [[nodiscard]] std::vector<ReceiverView> Receivers() const;
  // From here on custom metrics of Azure are written, where they are configured. `source` is asked for the
  // latest snapshot on a thread of ours.
  void PublishMetrics(std::function<std::shared_ptr<const Snapshot>()> source);

 private:
  Telling(PressButtons buttons, const Clock& clock, std::function<void()> on_news)
      : buttons_(buttons), lanes_(clock, std::move(on_news)), clock_(clock) {}
  Result<void> PrepareMetrics(const AzureConfig& config, AzureSinks& azure);
  Result<void> ByFile(const Config& config, AlertConfig alerts, const Clock& clock, AzureSinks& azure);
  Result<void> ByDefault(const Config& config, const Clock& clock, AzureSinks& azure);

  const PressButtons buttons_;
  RoutingPlan plan_;
  std::string published_config_;
  Lanes lanes_;
  const Clock& clock_;
  AzureMetricsOptions metrics_options_;          // without a resource: none are written
  std::shared_ptr<AzureTokens> metrics_tokens_;  // with a resource only
  std::unique_ptr<AzureMetrics> metrics_;
};

}  // namespace loadline::collector
