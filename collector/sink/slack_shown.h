// A message to Slack as a terminal can show it.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "collector/alert/sink.h"

namespace loadline::collector {

// Its blocks as lines: headers underlined, buttons as "[Open] URL" or "[Silence 1 h]", dates and entities as Slack would write
// them.
ShownMessage ShownSlackMessage(const nlohmann::json& message);

}  // namespace loadline::collector
