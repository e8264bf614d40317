// Whom to tell and by which way, as the configuration has it.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "collector/alert/dispatcher.h"
#include "collector/config/config.h"
#include "collector/sink/azure_metrics.h"
#include "collector/sink/azure_sinks.h"
#include "collector/sink/lanes.h"
#include "collector/snapshot/snapshot.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

// As the file of alerting.file says; without one the log, and Slack and Azure where they are configured.
class Telling {
 public:
  // `clock` must outlive it. Fails on a file that is wrong; a webhook file that cannot be read yet is read
  // again with each message.
  static Result<std::unique_ptr<Telling>> Make(const Config& config, const Clock& clock);

  [[nodiscard]] const RoutingPlan& plan() const { return plan_; }
  [[nodiscard]] Lanes& lanes() { return lanes_; }
  // How telling each goes, by name. Thread-safe.
  [[nodiscard]] std::vector<ReceiverView> Receivers() const;
  // From here on custom metrics of Azure are written, where they are configured. `source` is asked for the
  // latest snapshot on a thread of ours.
  void PublishMetrics(std::function<std::shared_ptr<const Snapshot>()> source);

 private:
  explicit Telling(const Clock& clock) : lanes_(clock), clock_(clock) {}
  Result<void> PrepareMetrics(const AzureConfig& config, AzureSinks& azure);
  Result<void> ByFile(const AlertingConfig& alerting, const Clock& clock, AzureSinks& azure);
  Result<void> ByDefault(const Config& config, const Clock& clock, AzureSinks& azure);

  RoutingPlan plan_;
  Lanes lanes_;
  const Clock& clock_;
  AzureMetricsOptions metrics_options_;          // without a resource: none are written
  std::shared_ptr<AzureTokens> metrics_tokens_;  // with a resource only
  std::unique_ptr<AzureMetrics> metrics_;
};

}  // namespace loadline::collector
