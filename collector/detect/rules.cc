#include "collector/detect/rules.h"

#include <algorithm>

#include "collector/alert/own_labels.h"
#include "collector/detect/rule.h"
#include "collector/match/matcher.h"
#include "schemas/base/text.h"

namespace loadline::collector {
namespace {

// The sections of the page are headed by the rules' names, which anchors have in small letters.
std::string Runbook(const std::string& rule, const RuleConfig& config, const DetectConfig& all) {
  if (!config.runbook.empty()) return config.runbook;
  if (all.runbook_base.empty()) return "";
  return all.runbook_base + InLowerCase(rule);
}

// `rule`: null: it is configured nowhere. False: it is off.
bool Configure(Condition& condition, const RuleConfig* rule, const DetectConfig& config) {
  if (rule == nullptr) return true;
  if (rule->severity == "off") return false;
  condition.severity = SeverityNamed(rule->severity).value_or(condition.severity);
  condition.hold = condition.sure ? Duration::zero() : rule->hold;
  condition.runbook = Runbook(condition.rule, *rule, config);
  return true;
}

}  // namespace

std::vector<Condition> ByRules(std::vector<Condition> found, const DetectConfig& config) {
  std::erase_if(found, [&](Condition& condition) {
    const auto rule = config.rules.find(condition.rule);
    return !Configure(condition, rule == config.rules.end() ? nullptr : &rule->second, config);
  });
  return found;
}

std::vector<Condition> ByRules(std::vector<Condition> found, const DetectConfig& config,
                               RulesFor& rules_for) {
  std::erase_if(found, [&](Condition& condition) {
    return !Configure(condition, rules_for.Of(condition.rule, condition.labels), config);
  });
  return found;
}

std::vector<Happening> ByRules(std::vector<Happening> found, const DetectConfig& config,
                               RulesFor& rules_for) {
  std::erase_if(found, [&](Happening& happening) {
    return !Configure(happening.what, rules_for.Of(happening.what.rule, happening.what.labels), config);
  });
  return found;
}

InhibitRule::Posted PostedBy(const Inhibition& inhibition, InhibitPosted when) {
  if (when == InhibitPosted::kAlways) return InhibitRule::Posted::kAsAny;
  const bool never = when == InhibitPosted::kNever || inhibition.witness.empty();
  return never ? InhibitRule::Posted::kNone : InhibitRule::Posted::kWithWitness;
}

std::vector<InhibitRule> InhibitedByRules(InhibitPosted posted) {
  std::vector<InhibitRule> rules;
  for (const Rule& rule : AllRules()) {
    for (const Inhibition& inhibition : rule.inhibits) {
      // Of constants that are matchers: a test reads them all.
      InhibitRule one{.source = {Matcher::Make("alertname", Matcher::Op::kEqual, rule.name).value()},
                      .target = ParseMatchers(inhibition.target).value(),
                      .equal = inhibition.equal,
                      .pending_too = true,
                      .posted = PostedBy(inhibition, posted),
                      .ours_unless_named = true};
      if (!inhibition.witness.empty())
        one.witness = {
            Matcher::Make("alertname", Matcher::Op::kEqual, std::string(inhibition.witness)).value()};
      // What happens in one cluster silences nothing in another.
      one.equal.insert(kClusterLabel);
      rules.push_back(std::move(one));
    }
  }
  return rules;
}

InhibitPosted InhibitPostedNamed(std::string_view name) {
  if (name == "always") return InhibitPosted::kAlways;
  return name == "never" ? InhibitPosted::kNever : InhibitPosted::kWitnessed;
}

std::map<std::string, RuleConfig> DefaultRules() {
  std::map<std::string, RuleConfig> rules;
  for (const Rule& rule : AllRules()) {
    RuleConfig& config = rules[rule.name];
    config.severity = Name(rule.severity);
    config.hold = rule.hold;
    for (const AnyThreshold& threshold : rule.thresholds)
      std::visit([&](const auto& kind) { config.thresholds[kind.key] = kind.usual; }, threshold);
  }
  return rules;
}

}  // namespace loadline::collector
