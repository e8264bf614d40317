// Which workloads a list shows, and in which order.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collector/snapshot/snapshot.h"
#include "schemas/base/result.h"

namespace loadline::collector {

struct WorkloadChoice {
  std::string search;  // every word must be part of id, kind, a node's or a container's name; any case
  std::string namespace_name{};  // exactly; "" is all
  std::string node{};            // exactly; "" is all
  // "attention" (worst firing alert first, then throttling, OOM kills and nearness to the memory limit),
  // "name", "cpu", "memory", "throttled", "oom", "saving_cpu", "saving_memory".
  std::string sort = "attention";
  bool descending = true;
};

// All that match, in order; equal ones by id. kInvalid for an unknown `sort`.
Result<std::vector<std::shared_ptr<const WorkloadView>>> ChooseWorkloads(const Snapshot& snapshot,
                                                                         const WorkloadChoice& choice);

// Empty when the alert has no such label.
std::string_view LabelOf(const AlertView& alert, std::string_view name);

// True for an alert that is about this workload: its label "workload" is the id or, in the same namespace,
// the name.
bool Concerns(const AlertView& alert, const WorkloadView& workload);

}  // namespace loadline::collector
