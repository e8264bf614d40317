// What several rules say in the same words.
#pragma once

#include <string>

#include "collector/alert/condition.h"
#include "collector/detect/evidence.h"

namespace loadline::collector {

// Why the kernel killed: "the memory limit of the container was hit (64 MiB of 64 MiB used)".
std::string LimitHit(const wire::OomKill& kill);

// "shop/Deployment/checkout container api", for summaries; and the labels that tell a container from others.
std::string Described(const std::string& workload_id, const std::string& container);
Labels ContainerLabels(const std::string& workload_id, const std::string& namespace_name,
                       const std::string& container);

// A kill in words: what happened, why, and who caused it. The labels are the rule's to give.
Condition KillCondition(const KillTold& told);
// A condition of a node that is not as it should be, other than Ready: "Node n1 has DiskPressure: ...".
Condition NodeFaultCondition(const NodeFault& fault);
// "The node's condition Ready is False: KubeletNotReady. CNI is missing".
std::string NodeFaultReason(const NodeFault& fault);

}  // namespace loadline::collector
