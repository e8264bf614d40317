// Instants as people and programs read them: RFC 3339, UTC, milliseconds.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline {

// "2026-01-01T10:00:00.250Z"
std::string Rfc3339(Wall at);

// Any form of RFC 3339: "2026-01-01T10:00:00Z", fractions of a second, "+02:00". Nothing for instants before
// 1970, which is how Go writes "never"; what is beyond 2200 becomes 2200.
Result<std::optional<Wall>> ParseRfc3339(std::string_view text);

// Milliseconds since 1970.
std::int64_t UnixMilliseconds(Wall at);

}  // namespace loadline
