// What alerting knew at one instant, for any number of readers on other threads.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "collector/alert/dispatcher.h"
#include "collector/alert/inhibit.h"
#include "collector/alert/silence.h"

namespace loadline::collector {

class AlertsShown {
 public:
  // `plan` outlives it. `alerts` are in the order of their fingerprints.
  AlertsShown(Wall at, const RoutingPlan& plan, std::vector<std::shared_ptr<const Alert>> alerts,
              std::shared_ptr<const Silences> silences)
      : at_(at), plan_(plan), alerts_(std::move(alerts)), silences_(std::move(silences)) {}

  [[nodiscard]] Wall at() const { return at_; }
  [[nodiscard]] const RoutingPlan& plan() const { return plan_; }
  [[nodiscard]] const std::vector<std::shared_ptr<const Alert>>& alerts() const { return alerts_; }
  [[nodiscard]] const Silences& silences() const { return *silences_; }
  // The fingerprint of an alert that inhibits this one. The first who asks has to wait a little.
  [[nodiscard]] std::optional<std::string> InhibitedBy(const Alert& alert) const;

 private:
  const Wall at_;
  const RoutingPlan& plan_;
  const std::vector<std::shared_ptr<const Alert>> alerts_;
  const std::shared_ptr<const Silences> silences_;
  mutable std::once_flag once_;
  mutable std::optional<Inhibitor> inhibitor_;
};

}  // namespace loadline::collector
