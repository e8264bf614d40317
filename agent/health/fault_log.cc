#include "agent/health/fault_log.h"

#include <algorithm>

namespace loadline::agent {
namespace {

std::string InOneLine(std::string_view text) {
  std::string line;
  for (const char c : text) line += c == '\n' ? std::string(" | ") : std::string(1, c);
  return line;
}

}  // namespace

void FaultLog::Add(std::string_view line, Mono at) {
  for (const RuleMatch& match : engine_.Next(line)) {
    if (at < since_ && !match.rule->permanent()) continue;
    LogFault& fault = kinds_[{match.rule->condition, match.rule->reason}].waiting;
    fault.rule = match.rule;
    fault.text = InOneLine(match.text);
    fault.at = at;
    ++fault.times;
  }
}

std::vector<LogFault> FaultLog::Take(Mono now) {
  std::vector<LogFault> due;
  for (auto& [name, kind] : kinds_) {
    if (kind.waiting.times == 0 || (kind.told && now - kind.told_at < kRepeat)) continue;
    due.push_back(std::exchange(kind.waiting, {}));
    kind.told = true;
    kind.told_at = now;
  }
  return due;
}

}  // namespace loadline::agent
