// What the configuration says of the rules, put on what detectors found.
#pragma once

#include <vector>

#include "collector/alert/condition.h"
#include "collector/config/config.h"

namespace loadline::collector {

// Severity, hold and runbook as configured; what is off is taken away. Rules that are not among the built-in
// ones stay as their detectors made them.
std::vector<Condition> ByRules(std::vector<Condition> found, const DetectConfig& config);
std::vector<Happening> ByRules(std::vector<Happening> found, const DetectConfig& config);

}  // namespace loadline::collector
