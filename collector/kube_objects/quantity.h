// Kubernetes quantities as text: "250m", "1.5", "128Mi", "1e9".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/base/units.h"

namespace loadline::collector {

// Thousandths of what the text says, rounded up as the API server does: "250m" is 250, "1.5" is 1500, "1Ki"
// is 1024000. Nothing when it is no quantity or too large.
std::optional<std::int64_t> ParseMilli(std::string_view text);
// The same in whole units: "128Mi" is 134217728.
std::optional<std::int64_t> ParseWhole(std::string_view text);
// The same in billionths: "12345678n" is 12345678.
std::optional<std::int64_t> ParseNano(std::string_view text);

}  // namespace loadline::collector
