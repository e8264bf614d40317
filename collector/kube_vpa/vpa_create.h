// VerticalPodAutoscalers for workloads that have none, so that their recommendations can be read where others
// are. They are in mode Off: nothing acts on them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

#include "collector/kube_objects/workload_objects.h"
#include "schemas/base/result.h"

namespace loadline::collector {

// The namespaces in which they are made.
class VpaNamespaces {
 public:
  // "off", "*" for all, or names with commas between: "shop,pay".
  static Result<VpaNamespaces> Parse(const std::string& text);

  [[nodiscard]] bool none() const { return !all_ && names_.empty(); }
  [[nodiscard]] bool Has(const std::string& namespace_name) const {
    return all_ || names_.contains(namespace_name);
  }

 private:
  bool all_ = false;
  std::set<std::string> names_;
};

// Those of the chosen namespaces that no autoscaler is for. `targets`: ids of workloads that have one.
std::vector<WorkloadObject> WithoutVpa(const WorkloadObjects& workloads, const VpaNamespaces& namespaces,
                                       const std::set<std::string>& targets);

// The document to apply, and its name. It belongs to the workload: when that is deleted, Kubernetes' garbage
// collector removes it, unless somebody has made it their own meanwhile.
nlohmann::json NewVpa(const WorkloadObject& workload, const std::string& recommender);

}  // namespace loadline::collector
