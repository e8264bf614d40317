// An HttpClient that answers with what a fuzzer gives it, in place of the one that speaks through libcurl.
#pragma once

#include <string_view>

#include "collector/http/http_client.h"

namespace loadline::fuzz {

// "429\nretry-after: 5\n\n{...}": a status, headers, an empty line, the body. Every request is answered so
// from now on.
const collector::HttpResponse& Answer(std::string_view text);

}  // namespace loadline::fuzz
