// What the configuration says of the rules, put on what was found; and what the rules inhibit.
#pragma once

#include <string_view>
#include <vector>

#include "collector/alert/condition.h"
#include "collector/alert/inhibit.h"
#include "collector/detect/detect_config.h"
#include "collector/detect/rules_for.h"

namespace loadline::collector {

// Severity, hold and runbook as configured; what is off is taken away. Rules that are not among the built-in
// ones stay as their detectors made them.
std::vector<Condition> ByRules(std::vector<Condition> found, const DetectConfig& config);
// The same, as whoever each is about wants it.
std::vector<Condition> ByRules(std::vector<Condition> found, const DetectConfig& config, RulesFor& rules_for);
std::vector<Happening> ByRules(std::vector<Happening> found, const DetectConfig& config, RulesFor& rules_for);

// What follows from what things are, whatever a file of alerting says: a silent node silences what is said
// of its containers, and a collector that is cut off silences what it would say of nodes.
// `posted` says what follows for alerts of a silent node that others posted: alerting.inhibit_posted.
enum class InhibitPosted {
  kWitnessed,  // not told while Kubernetes has the node as not ready too: an agent may end, and the node live
  kAlways,     // as alerts of our own
  kNever,      // told
};
std::vector<InhibitRule> InhibitedByRules(InhibitPosted posted = InhibitPosted::kWitnessed);
InhibitPosted InhibitPostedNamed(std::string_view name);  // "witnessed", "always", "never"

}  // namespace loadline::collector
