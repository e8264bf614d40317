// The rules as they are for one namespace, workload or container, where somebody wants them otherwise than for all.
//
//   ContainerThrottled=off, ContainerMemoryPressure.threshold=0.3, ContainerOomKilled=Sev4, ContainerThrottled.for=1h
//
// Such changes stand in the annotation or the label loadline.io/alerts of a pod (its workload's template has them), for one
// container before a slash as CONTAINER.loadline.io/alerts, and in the setting alerting.rules_for, behind whom they are for:
//
//   dev: off; shop/Deployment/checkout: ContainerThrottled.threshold=0.6; batch/*: ContainerOomLoop=Sev3
//
// that is a namespace, or a workload's id, of which * is any end. `off` alone turns all rules off that speak of the workload.
// The same annotation or label of a namespace is for all of its workloads. What is said later is stronger, a namespace
// stronger than the setting, and a pod stronger than its namespace.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "collector/detect/detect_config.h"
#include "collector/match/labels.h"
#include "collector/model/model.h"
#include "schemas/base/result.h"

namespace loadline::collector {

using RuleConfigs = std::map<std::string, RuleConfig>;

// Those of `rules` that a list of changes says otherwise, as they are then. Fails at the first that means nothing.
Result<RuleConfigs> ChangedRules(const RuleConfigs& rules, std::string_view changes);
// The whole of alerting.rules_for.
Result<void> CheckRulesFor(std::string_view text);

// The changes that namespaces want, by their names.
using ChangesByNamespace = std::map<std::string, std::string, std::less<>>;

class RulesFor {
 public:
  // All outlive it; without `namespaces` none of them wants anything. Costs little where nobody does.
  RulesFor(const DetectConfig& config, const Model& model, const ChangesByNamespace* namespaces = nullptr);

  // The rules that are otherwise for this container of this workload; null: none.
  [[nodiscard]] const RuleConfigs* Changed(const Workload& workload, const Container& container);
  // This rule for what was found, by its labels; as it is for all where these name no workload. Null: nothing is
  // configured of it.
  [[nodiscard]] const RuleConfig* Of(const std::string& rule, const Labels& labels);

 private:
  struct Entry {
    std::string_view whom;
    std::string_view changes;
  };
  [[nodiscard]] const RuleConfigs* Read(const std::string& changes);
  [[nodiscard]] std::string ChangesOf(std::string_view namespace_name, std::string_view workload) const;

  const DetectConfig& config_;
  const Model& model_;
  const ChangesByNamespace* const namespaces_;
  std::vector<Entry> entries_;
  std::map<std::string, RuleConfigs>
      by_changes_;  // what they come to; what cannot be read of them is left out
};

}  // namespace loadline::collector
