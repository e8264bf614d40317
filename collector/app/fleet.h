// The nodes of the cluster as repair sees them: what the collector holds of each, what the API server says, and who else
// is at work on it.
#pragma once

#include <string>
#include <vector>

#include "collector/app/cluster_source.h"
#include "collector/model/model.h"
#include "collector/repair/node.h"
#include "collector/verdict/judge.h"

namespace loadline::collector {

// What is the matter with a node, and what that is seen by.
struct NodeDiagnosis {
  NodeTrouble trouble = NodeTrouble::kNone;
  std::string evidence;
};

// `faults` are the API server's of this node, `findings` those of its kernel's log, `stalled` is the share of its last
// window in which some task waited for memory: of a node that hangs it says whether a reboot is for it. When nothing answers
// at a node it is taken to be cut off rather than dead: whether its machine runs is not known here, and its pods may.
NodeDiagnosis Diagnose(const NodeVerdict& verdict, const std::vector<NodeFault>& faults,
                       const std::vector<NodeFinding>& findings, double stalled = 0);

// Of the nodes that the cluster has and the collector knows. Blind while the collector doubts itself, and while it does not
// follow the cluster's nodes.
Fleet FleetOf(const Model& model, const Judge& judge, const ClusterSource& cluster, Wall now);

}  // namespace loadline::collector
