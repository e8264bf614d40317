// Whom to tell and by which way, as the configuration has it.
#pragma once

#include <memory>
#include <vector>

#include "collector/alert/dispatcher.h"
#include "collector/config/config.h"
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

 private:
  explicit Telling(const Clock& clock) : lanes_(clock) {}
  Result<void> ByFile(const AlertingConfig& alerting, const Clock& clock, AzureSinks& azure);
  Result<void> ByDefault(const Config& config, const Clock& clock, AzureSinks& azure);

  RoutingPlan plan_;
  Lanes lanes_;
};

}  // namespace loadline::collector
