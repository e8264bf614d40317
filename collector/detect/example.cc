#include "collector/detect/example.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "collector/detect/detect.h"
#include "collector/detect/rules.h"

namespace loadline::collector {
namespace {

Labels LabelsOf(std::string_view rule) {
  const std::string workload = "shop/Deployment/checkout";
  if (rule.starts_with("Container")) return ContainerLabels(workload, "shop", "app");
  if (rule == "Evicted") return {{"workload", workload}, {"namespace", "shop"}, {"node", "node-1"}};
  if (rule == "PodUnschedulable") return ContainerLabels(workload, "shop", "");
  if (rule == "NodePressure") return {{"node", "node-1"}, {"condition", "DiskPressure"}};
  if (rule == "NodeProblem") return {{"node", "node-1"}, {"condition", "KernelDeadlock"}};
  if (rule.starts_with("NodeDisk")) return {{"node", "node-1"}, {"disk", "/var"}};
  if (rule == "ReceiverFailing") return {{"receiver", "ops/slack[0]"}};
  if (rule.starts_with("Collector") || rule.starts_with("Store")) return {};
  return {{"node", "node-1"}};
}

std::string Known() {
  std::string names;
  for (const BuiltInRule& rule : BuiltInRules())
    names += (names.empty() ? "" : ", ") + std::string(rule.name);
  return names;
}

}  // namespace

Result<Alert> ExampleAlert(const std::string& rule, const DetectConfig& config, Wall now) {
  const auto rules = BuiltInRules();
  const auto found = std::ranges::find(rules, std::string_view(rule), &BuiltInRule::name);
  if (found == rules.end())
    return Failure(ErrorKind::kNotFound, fmt::format("no rule '{}'; there are: {}", rule, Known()));
  Condition example{.rule = rule,
                    .labels = LabelsOf(rule),
                    .severity = SeverityNamed(found->severity).value_or(Severity::kSev3),
                    .summary = std::string("An example: ") + found->meaning,
                    .reason = "Shown to see how messages look. Nothing is wrong."};
  // A rule that is off is shown as it would come.
  DetectConfig on = config;
  if (on.rules[rule].severity == "off") on.rules[rule].severity = found->severity;
  example = ByRules(std::vector{example}, on).front();
  const Wall since = now - std::chrono::minutes(5);
  Alert alert{.rule = example.rule,
              .labels = example.labels,
              .severity = example.severity,
              .summary = example.summary,
              .reason = example.reason,
              .runbook = example.runbook,
              .state = AlertState::kFiring};
  alert.since = since;
  alert.fired = since;
  alert.fingerprint = Fingerprint(alert.rule, alert.labels);
  return alert;
}

}  // namespace loadline::collector
