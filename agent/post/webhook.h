// One message to an incoming webhook: the only HTTP that a node speaks, and the only file here that knows
// libcurl.
#pragma once

#include <string>

#include "schemas/base/result.h"

namespace loadline::agent {

// POST {"text": "..."}, which Slack and what imitates it take. Waits for at most ten seconds. Errors do not
// name the URL: it is a secret.
Result<void> PostText(const std::string& url, const std::string& text);

}  // namespace loadline::agent
