// Times as the API server writes them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "schemas/base/clock.h"

namespace loadline::collector {

// "2026-01-01T10:00:00Z".
std::string TimeStamp(Wall at);

// Of an Event; a series is told by its last time.
Wall LastTimeOf(const nlohmann::json& event);

// The beginning of time when the text is none; ParseRfc3339 tells the two apart.
Wall InstantOf(const std::string& text);

}  // namespace loadline::collector
