// Times as the API server wants them; ParseRfc3339 reads its own.
#pragma once

#include <string>

#include "schemas/base/clock.h"

namespace loadline::collector {

// "2026-01-01T10:00:00Z".
std::string TimeStamp(Wall at);

}  // namespace loadline::collector
