// Instants as people and programs read them: RFC 3339, UTC, milliseconds.
#pragma once

#include <string>

#include "schemas/base/clock.h"

namespace loadline::collector {

// "2026-01-01T10:00:00.250Z"
std::string Rfc3339(Wall at);

// Milliseconds since 1970.
std::int64_t UnixMilliseconds(Wall at);

}  // namespace loadline::collector
