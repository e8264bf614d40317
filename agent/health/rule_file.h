// Rules for the kernel log, in the JSON of node-problem-detector's log monitors.
//
//   {"plugin": "kmsg", "source": "kernel-monitor", "bufferSize": 10,
//    "conditions": [{"type": "ReadonlyFilesystem", "reason": "FilesystemIsNotReadOnly", "message": "..."}],
//    "rules": [{"type": "permanent", "condition": "ReadonlyFilesystem", "reason": "FilesystemIsReadOnly",
//               "pattern": "Remounting filesystem read-only"}]}
//
// A temporary rule makes an event. A permanent one sets the condition that it names, which the file has to declare.
// Keys that are not read here (logPath, lookback, source) have no meaning for a text that is handed over.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schemas/base/result.h"

namespace loadline::agent {

struct LogRule {
  std::string file;       // where it was written
  std::string condition;  // that it sets; empty: temporary
  std::string reason;
  std::string pattern;    // of RE2; has to match to the end of the last line
  std::string suffix;     // put behind the text that matched
  int buffer_lines = 10;  // how many of the last lines are looked at together

  [[nodiscard]] bool permanent() const { return !condition.empty(); }
};

struct RuleFile {
  std::vector<LogRule> rules;
  // Why there are none in it: monitors that run programs or read figures are written in the same language.
  std::string without_rules;
};

// `name` is what errors call it.
Result<RuleFile> ParseRuleFile(const std::string& name, std::string_view json);

}  // namespace loadline::agent
