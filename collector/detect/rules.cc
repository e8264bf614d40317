#include "collector/detect/rules.h"

namespace loadline::collector {
namespace {

// False: the rule is off.
bool Configure(Condition& condition, const DetectConfig& config) {
  const auto rule = config.rules.find(condition.rule);
  if (rule == config.rules.end()) return true;
  if (rule->second.severity == "off") return false;
  condition.severity = SeverityNamed(rule->second.severity).value_or(condition.severity);
  condition.hold = rule->second.hold;
  return true;
}

}  // namespace

std::vector<Condition> ByRules(std::vector<Condition> found, const DetectConfig& config) {
  std::erase_if(found, [&](Condition& condition) { return !Configure(condition, config); });
  return found;
}

std::vector<Happening> ByRules(std::vector<Happening> found, const DetectConfig& config) {
  std::erase_if(found, [&](Happening& happening) { return !Configure(happening.what, config); });
  return found;
}

}  // namespace loadline::collector
