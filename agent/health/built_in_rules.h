// The rules that come with the program: agent/health/rules/*.json. node-problem-detector can load them, too.
#pragma once

#include <string_view>
#include <vector>

namespace loadline::agent {

struct BuiltInRules {
  std::string_view name;  // of the file
  std::string_view json;
};
const std::vector<BuiltInRules>& BuiltInRuleFiles();

}  // namespace loadline::agent
