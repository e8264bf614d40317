// What a user may change of what is looked for: plain values with defaults.
//
// What belongs to one rule alone stands in that rule's file (rule.h) and here by its name; what several look
// at has a field.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <variant>

#include "schemas/base/clock.h"
#include "schemas/base/units.h"

namespace loadline::collector {

// A share or a factor, a time, or a number.
using ThresholdValue = std::variant<double, Duration, std::int64_t>;

struct RuleConfig {
  std::string severity;   // "Sev0" to "Sev4", or "off"
  Duration hold{};        // how long it must hold before it fires
  std::string runbook{};  // URL of what to do; empty: the rule's section below DetectConfig::runbook_base
  std::map<std::string, ThresholdValue, std::less<>> thresholds{};  // by key; what is not here is as it comes
};

// The built-in rules by name, as they come.
std::map<std::string, RuleConfig> DefaultRules();

struct DetectConfig {
  Duration node_suspect_after = std::chrono::seconds(5);
  Duration node_silent_after = std::chrono::seconds(12);
  Duration node_stale_after = std::chrono::seconds(45);
  Duration oom_keep = std::chrono::minutes(10);
  Bytes eviction_threshold = 100 * kMiB;
  Duration eviction_risk_within = std::chrono::minutes(5);
  Duration sizes_after = std::chrono::hours(24);
  std::string runbook_base = "https://github.com/loadline/loadline/blob/main/docs/alerting.md#";
  std::map<std::string, RuleConfig> rules = DefaultRules();
  std::string rules_for;  // what some want otherwise, see rules_for.h
};

}  // namespace loadline::collector
