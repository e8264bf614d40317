#include "collector/detect/example.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "collector/alert/own_labels.h"
#include "collector/detect/rule.h"
#include "collector/detect/rules.h"

namespace loadline::collector {
namespace {

std::string Known() {
  std::string names;
  for (const Rule& rule : AllRules()) names += (names.empty() ? "" : ", ") + std::string(rule.name);
  return names;
}

}  // namespace

Result<Alert> ExampleAlert(const std::string& rule, const DetectConfig& config, const Labels& own_labels,
                           Wall now) {
  const auto found = std::ranges::find(AllRules(), std::string_view(rule), &Rule::name);
  if (found == AllRules().end())
    return Failure(ErrorKind::kNotFound, fmt::format("no rule '{}'; there are: {}", rule, Known()));
  Condition example{.rule = rule,
                    .labels = found->example,
                    .severity = found->severity,
                    .summary = std::string("An example: ") + found->meaning,
                    .reason = "Shown to see how messages look. Nothing is wrong."};
  // A rule that is off is shown as it would come.
  DetectConfig on = config;
  if (on.rules[rule].severity == "off") on.rules[rule].severity = Name(found->severity);
  example = ByRules(std::vector{example}, on).front();
  const Wall since = now - std::chrono::minutes(5);
  Alert alert{.rule = example.rule,
              .labels = example.labels,
              .severity = example.severity,
              .summary = example.summary,
              .reason = example.reason,
              .runbook = example.runbook,
              .state = AlertState::kFiring};
  AddOwnLabels(own_labels, alert.labels);
  alert.since = since;
  alert.fired = since;
  alert.fingerprint = Fingerprint(alert.rule, alert.labels);
  return alert;
}

}  // namespace loadline::collector
