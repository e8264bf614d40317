// The built-in rules by name: how grave each is and how long it must hold, and what to do when it fires.
#pragma once

#include <map>
#include <span>
#include <string>

#include "schemas/base/clock.h"

namespace loadline::collector {

// What a user may change of any rule; thresholds stand in DetectConfig.
struct RuleConfig {
  std::string severity;   // "Sev0" to "Sev4", or "off"
  Duration hold{};        // how long it must hold before it fires
  std::string runbook{};  // URL of what to do; empty: the rule's section below DetectConfig::runbook_base
};

struct BuiltInRule {
  const char* name;
  const char* meaning;
  const char* remedy;  // the first thing to do
  const char* severity;
  Duration hold;
  bool happening = false;  // an instant, which cannot be asked to hold
};

// In the order in which they are documented (docs/alerting.md has a section of the same name).
std::span<const BuiltInRule> BuiltInRules();
// By name, as they come.
std::map<std::string, RuleConfig> DefaultRules();

}  // namespace loadline::collector
