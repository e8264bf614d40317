// Alertmanager's objects as JSON, both ways.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/alert/alert.h"
#include "collector/alert/posting.h"
#include "collector/alert/silence.h"
#include "collector/web/json.h"

namespace loadline::collector {

// An alert and what becomes of it.
struct AlertSeen {
  std::shared_ptr<const Alert> alert;
  std::vector<std::string> receivers;
  std::vector<std::string> silenced_by;
  std::vector<std::string> inhibited_by;
};

// `lasts`: how far ahead the end of one of our own stands, which holds as long as its condition.
Json GettableAlert(const AlertSeen& seen, Wall now, Duration lasts);
Json GettableSilence(const Silence& silence, Wall now);

// All of a POST's alerts, with the instants that were left out filled in. Those that are wrong are left out,
// and `faults` says why of each.
Result<std::vector<Posting>> ReadPostings(std::string_view body, Wall now, Duration resolve_timeout,
                                          std::vector<std::string>& faults);
Result<Silence> ReadSilence(std::string_view body);

}  // namespace loadline::collector
