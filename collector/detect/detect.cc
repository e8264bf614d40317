#include "collector/detect/detect.h"

#include <fmt/format.h>

namespace loadline::collector {

std::vector<Condition> Detect(const Evidence& evidence, const DetectConfig& config) {
  std::vector<Condition> found;
  DetectOwnFaults(evidence, config, found);
  DetectNodes(evidence, config, found);
  DetectEvictionRisk(evidence, config, found);
  DetectThrottling(evidence, config, found);
  DetectMemoryPressure(evidence, config, found);
  DetectOomLoops(evidence, config, found);
  return found;
}

void DetectOwnFaults(const Evidence& evidence, const DetectConfig&, std::vector<Condition>& found) {
  if (evidence.own.store_error.empty()) return;
  found.push_back(
      {.rule = "StoreNotWritable",
       .labels = {},
       .severity = Severity::kSev0,
       .summary = fmt::format("The collector cannot store records: {}", evidence.own.store_error),
       .reason = fmt::format("The last commit failed ({}); {} records wait, and nothing is acknowledged. "
                             "Agents keep their records as long as their spool has room.",
                             evidence.own.store_error, evidence.own.waiting_records),
       .hold = {},
       .keep = std::chrono::seconds(5),
       .urgent = true});
}

std::string Described(const std::string& workload_id, const std::string& container) {
  return container.empty() ? workload_id : workload_id + " container " + container;
}

Labels ContainerLabels(const std::string& workload_id, const std::string& namespace_name,
                       const std::string& container) {
  Labels labels{{"workload", workload_id}};
  if (!namespace_name.empty()) labels["namespace"] = namespace_name;
  if (!container.empty()) labels["container"] = container;
  return labels;
}

}  // namespace loadline::collector
