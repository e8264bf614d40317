// Times as the API server writes them.
#pragma once

#include <string>
#include <string_view>

#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::collector {

// "2026-01-01T10:00:00Z".
std::string TimeStamp(Wall at);
// The same back; fractions of a second are left out.
Result<Wall> ParseTimeStamp(std::string_view text);

}  // namespace loadline::collector
