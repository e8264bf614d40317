// The API server has the node as not ready, or has not heard of it.
#include <fmt/format.h>

#include "collector/detect/detect_words.h"
#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

void DetectNodeNotReady(const NodeFault& fault, const RuleSettings& /*settings*/, Found& found) {
  if (fault.type != "Ready") return;
  found.Add({.labels = {{"node", fault.node}},
             .summary = fault.status == "Unknown"
                            ? fmt::format("Kubernetes hears nothing of node {}", fault.node)
                            : fmt::format("Node {} is not ready: {}", fault.node, fault.reason),
             .reason = NodeFaultReason(fault),
             .keep = std::chrono::seconds(30)});
}

}  // namespace

Rule NodeNotReady() {
  return {.name = "NodeNotReady",
          .meaning = "Kubernetes has the node as not ready, or hears nothing of it.",
          .remedy =
              "Look at the kubelet's log and the node's network; drain the node when it does not come back.",
          .severity = Severity::kSev1,
          .hold = std::chrono::minutes(1),
          .watch = "nodes",
          .example = {{"node", "node-1"}},
          .detect = DetectNodeNotReady};
}

}  // namespace loadline::collector::rules
