// `loadline-agent kmsg-rules`: which rules a kernel log matches.
#pragma once

#include <string>
#include <vector>

#include "agent/health/rule_file.h"
#include "schemas/base/result.h"

namespace loadline::agent {

// In place of a file's name: the rules that come with the program.
inline constexpr const char* kBuiltInRules = "built-in";

struct KmsgRulesOptions {
  std::string log = "-";           // a file, or - for standard input
  std::vector<std::string> rules;  // files; none: the built-in ones
};

// The rules of these files, in this order. What is worth saying of a file, as that it has none, is put into `notes`.
Result<std::vector<LogRule>> LoadLogRules(const std::vector<std::string>& files,
                                          std::vector<std::string>& notes);
// The same, and without any file those that come with the program.
Result<std::vector<LogRule>> LoadLogRulesOrBuiltIn(const std::vector<std::string>& files,
                                                   std::vector<std::string>& notes);

// Prints a line for each match, and at the end one that sums up. /dev/kmsg is followed until the process ends.
Result<void> RunKmsgRules(const KmsgRulesOptions& options);

}  // namespace loadline::agent
