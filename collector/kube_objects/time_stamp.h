// Times as the API server writes them.
#pragma once

#include <string>

#include "schemas/base/clock.h"

namespace loadline::collector {

// "2026-01-01T10:00:00Z".
std::string TimeStamp(Wall at);

// The beginning of time when the text is none; ParseRfc3339 tells the two apart.
Wall InstantOf(const std::string& text);

}  // namespace loadline::collector
