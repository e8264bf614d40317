// Programs of the user's that check a node, in the JSON of node-problem-detector's custom plugin monitors.
//
//   {"plugin": "custom", "pluginConfig": {"invoke_interval": "30s", "timeout": "5s"},
//    "source": "ntp-custom-plugin-monitor",
//    "conditions": [{"type": "NTPProblem", "reason": "NTPIsUp", "message": "ntp service is up"}],
//    "rules": [{"type": "permanent", "condition": "NTPProblem", "reason": "NTPIsDown",
//               "path": "./check_ntp.sh", "args": ["chrony"], "timeout": "3s"}]}
//
// A program ends with 0: all is well, 1: there is a problem, anything else: it does not know. What it prints is the evidence.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::agent {

struct PluginRule {
  std::string condition;  // that it sets; empty: a problem is something that has happened
  std::string reason;
  std::string path;  // as it was written
  std::vector<std::string> arguments;
  Duration every = std::chrono::seconds(30);
  Duration timeout = std::chrono::seconds(5);
  std::size_t max_output = 80;  // bytes
};

struct PluginFile {
  std::vector<PluginRule> rules;
  int concurrency = 3;
  std::string without_rules;  // why there are none: the file is another monitor's
};

// `name` is what errors call it.
Result<PluginFile> ParsePluginFile(const std::string& name, std::string_view json);

// A length of time as Go writes it: "1m30s", "500ms", "1.5h".
std::optional<Duration> ParseGoDuration(std::string_view text);

}  // namespace loadline::agent
