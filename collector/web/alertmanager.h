// Alertmanager's API, version 2, below /api/v2: alerts, alert groups, silences, receivers and status, so that
// Prometheus posts its alerts here and amtool and dashboards for Alertmanager work.
//
// What differs from Alertmanager: our own alerts are among the others; a pending alert is not shown; what was
// posted is on the disk before the answer says so, and 503 says that it is not.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/web/alert_desk.h"
#include "collector/web/answer.h"

namespace loadline::collector {

struct AlertApiOptions {
  AlertDesk* desk = nullptr;  // null: the API is not served. Outlives the server.
  // Whether the bearer of this token ("" without one) may post alerts and make silences; the error says why
  // not. Thread-safe. Empty: nobody may.
  std::function<Result<void>(const std::string& token)> may_write{};
  std::string config{};  // the text that /api/v2/status gives, without secrets
  Wall started{};
};

struct AlertApiRequest {
  std::string_view method;
  std::string_view path;  // decoded, begins with "/api/v2/"
  const Query& query;
  const std::vector<std::string>& filters;  // every value of `filter`
  std::string_view body;
};

// Whoever may write is decided elsewhere. Any number of threads.
Answer AnswerAlertmanager(const AlertApiRequest& request, const AlertApiOptions& options);

}  // namespace loadline::collector
