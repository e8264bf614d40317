// One message to an incoming webhook: the only HTTP that an agent speaks, and the only file that knows
// libcurl.
#pragma once

#include <stop_token>
#include <string>

#include "schemas/base/result.h"

namespace loadline::agent {

// POST {"text": "..."}, which Slack and what imitates it take. Waits for at most ten seconds, or until
// `stop`. Errors do not name the URL: it is a secret.
Result<void> PostText(const std::string& url, const std::string& text, const std::stop_token& stop);

}  // namespace loadline::agent
