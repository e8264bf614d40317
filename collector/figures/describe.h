// The description of the API (OpenAPI) with the figures of the tables in it.
#pragma once

#include <string>
#include <string_view>

#include "schemas/base/result.h"

namespace loadline::collector {

// `outline` with figures in the places that ask for them by a comment on a line of its own: `# figures: TABLE` among
// properties, `# required figures: TABLE` in a list. Fails, with the line, on a table that there is not.
Result<std::string> Describe(std::string_view outline);

}  // namespace loadline::collector
