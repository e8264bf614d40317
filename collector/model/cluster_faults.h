// What the API server says is wrong at present: conditions of nodes, and pods that find no place.
#pragma once

#include <string>
#include <vector>

#include "schemas/base/clock.h"
#include "schemas/base/units.h"

namespace loadline::collector {

// A condition that is not as it is on a node that is well.
struct NodeFault {
  std::string node;
  std::string type;    // "Ready", "MemoryPressure", "KernelDeadlock"
  std::string status;  // "True", "False", "Unknown"
  std::string reason;  // the machine's word: "KubeletNotReady"
  std::string message;
  Wall since{};
  bool operator==(const NodeFault&) const = default;
};

// A pod for which the scheduler finds no node.
struct PendingPod {
  std::string namespace_name;
  std::string workload_id;
  std::string pod;
  std::string message;  // the scheduler's: "0/3 nodes are available: 3 Insufficient cpu."
  Wall since{};
  MilliCores cpu = 0;  // what its containers ask for together
  Bytes memory = 0;
  bool operator==(const PendingPod&) const = default;
};

struct ClusterFaults {
  std::vector<NodeFault> nodes;
  std::vector<PendingPod> pods;
};

}  // namespace loadline::collector
