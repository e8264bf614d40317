// The lanes of every receiver that a configuration of alerts names.
#pragma once

#include <string>

#include "collector/alert_file/alert_config.h"
#include "collector/press/button.h"
#include "collector/sink/azure_sinks.h"
#include "collector/sink/lanes.h"

namespace loadline::collector {

// Adds a lane for each integration. Fails on one whose values cannot be used, with its name. `clock` outlives
// the lanes; `page_url` is where links in messages lead, or empty; `buttons` are those that somebody hears.
Result<void> AddLanes(const AlertConfig& config, const std::string& page_url, const Clock& clock,
                      AzureSinks& azure, Lanes& lanes, PressButtons buttons = {});

}  // namespace loadline::collector
