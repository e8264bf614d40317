// Alerts in Alertmanager's two JSON forms: what its webhooks send, and what its API takes.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "collector/alert/notification.h"

namespace loadline::collector {

// Version "4" of the webhook message. `max_alerts` 0: all that the notification names.
nlohmann::json WebhookBody(const Notification& notification, const std::string& page_url,
                           std::size_t max_alerts);
// One element of the array for POST /api/v2/alerts. A firing alert is said to end `lasts` after `at`, so that
// the receiver forgets it when we fall silent.
nlohmann::json PostableAlert(const Alert& alert, const std::string& page_url, Wall at, Duration lasts);

// "2026-01-01T10:15:00.123Z"
std::string AlertmanagerTime(Wall at);

}  // namespace loadline::collector
