// Says something to a webhook through the program loadline-agent-post, which lies beside the agent's own.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>

#include "schemas/base/result.h"

namespace loadline::agent {

// Where it is expected: in the folder of the running program.
[[nodiscard]] std::filesystem::path PostProgram();

// Waits until it has ended, for at most 15 seconds and until `stop`; what still runs then is killed. Errors
// do not name the URL: it is a secret, and reaches the program through its standard input alone.
Result<void> PostThrough(const std::filesystem::path& program, const std::string& url,
                         const std::string& text, const std::stop_token& stop);

}  // namespace loadline::agent
