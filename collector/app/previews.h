// What receivers would be sent, for the web server.
#pragma once

#include "collector/alert/dispatcher.h"
#include "collector/config/config.h"
#include "collector/sink/lanes.h"
#include "collector/web/alert_desk.h"
#include "collector/web/receiver_preview.h"

namespace loadline::collector {

// Asks alerting for the alert and the receiver's own lanes for the words. Thread-safe.
class Previews final : public ReceiverPreview {
 public:
  // All outlive it.
  Previews(const RoutingPlan& plan, const Lanes& lanes, const AlertDesk& desk, const DetectConfig& detect,
           const Clock& clock)
      : plan_(plan), lanes_(lanes), desk_(desk), detect_(detect), clock_(clock) {}

  Result<Json> Preview(const PreviewWish& wish) override;

 private:
  [[nodiscard]] Result<Alert> Find(const std::string& name);

  const RoutingPlan& plan_;
  const Lanes& lanes_;
  const AlertDesk& desk_;
  const DetectConfig& detect_;
  const Clock& clock_;
};

}  // namespace loadline::collector
