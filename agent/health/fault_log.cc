#include "agent/health/fault_log.h"

#include <utility>

#include "agent/health/mended.h"

namespace loadline::agent {
namespace {

// Of whoever asks each second.
constexpr Duration kSlack = std::chrono::milliseconds(500);

}  // namespace

void FaultLog::Add(std::string_view line, Mono at) {
  for (const RuleMatch& match : engine_.Next(line)) {
    if (at < since_ && !match.rule->permanent()) continue;
    std::string text = match.InOneLine();
    std::string device = match.rule->permanent() ? DeviceOf(text) : "";
    std::tuple kind(match.rule->condition, match.rule->reason, device);
    if (kinds_.size() >= kMostKinds && !kinds_.contains(kind)) std::get<2>(kind).clear();
    LogFault& fault = kinds_[kind].waiting;
    fault.rule = match.rule;
    fault.text = std::move(text);
    fault.device = std::move(device);
    fault.at = at;
    ++fault.times;
  }
}

std::vector<LogFault> FaultLog::Take(Mono now) {
  std::vector<LogFault> due;
  for (auto& [name, kind] : kinds_) {
    if (kind.waiting.times == 0 || (kind.told && now - kind.told_at < kRepeat - kSlack)) continue;
    due.push_back(std::exchange(kind.waiting, {}));
    kind.told = true;
    kind.told_at = now;
  }
  return due;
}

}  // namespace loadline::agent
