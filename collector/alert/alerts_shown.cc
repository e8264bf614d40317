#include "collector/alert/alerts_shown.h"

#include "collector/alert/own_labels.h"

namespace loadline::collector {

std::optional<std::string> AlertsShown::InhibitedBy(const Alert& alert) const {
  std::call_once(once_, [this] {
    inhibitor_.emplace(plan_.inhibit_rules, ClusterOf(plan_.own_labels));
    for (const auto& one : alerts_) inhibitor_->Note(one->fingerprint, one.get());
  });
  return inhibitor_->Source(alert);
}

}  // namespace loadline::collector
