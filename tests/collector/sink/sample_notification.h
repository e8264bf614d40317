// Notifications for the tests of sinks.
#pragma once

#include <string>
#include <vector>

#include "collector/alert/notification.h"

namespace loadline::collector::sample {

inline constexpr Wall kNow{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

inline Alert Firing(const std::string& container, Severity severity = Severity::kSev2) {
  Alert alert{
      .rule = "ContainerOomKilled",
      .labels = {{"namespace", "shop"}, {"workload", "checkout"}, {"container", container}, {"node", "n1"}},
      .severity = severity,
      .summary = container + " was killed at its limit of 512 MiB",
      .reason = "memory.events oom_kill rose from 0 to 1",
      .state = AlertState::kFiring};
  alert.since = kNow;
  alert.fired = kNow;
  alert.fingerprint = Fingerprint(alert.rule, alert.labels);
  return alert;
}

inline Alert Resolved(const std::string& container) {
  Alert alert = Firing(container);
  alert.state = AlertState::kResolved;
  alert.resolved = kNow + std::chrono::minutes(10);
  return alert;
}

inline Notification Of(std::vector<Alert> alerts, const std::string& id = "id-1") {
  Notification notification{.id = id,
                            .receiver = "ops",
                            .integration = "ops/slack[0]",
                            .group_key = "{}:{" + id + "}",
                            .group_labels = {{"namespace", "shop"}},
                            .reason = std::to_string(alerts.size()) + " new",
                            .at = kNow};
  notification.alerts = std::move(alerts);
  return notification;
}

}  // namespace loadline::collector::sample
